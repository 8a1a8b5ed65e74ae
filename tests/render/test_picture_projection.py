from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from convscope.render.picture_projection import tile_png


def pixels(data: bytes) -> np.ndarray:  # type: ignore[type-arg]
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image)


def test_a_projection_is_enlarged_by_a_whole_factor_and_says_its_scale() -> None:
    tile = np.zeros((3, 7, 7), np.float32)
    tile[:, 3, 3] = 4.0
    shown = pixels(tile_png(tile))
    assert (shown[96:128, 96:128] == 255).all()
    assert (shown[:96, :224] == 128).all()
    assert (shown[224:] < 200).any()


def test_the_patch_stands_beside_it_on_the_ground() -> None:
    shown = pixels(tile_png(np.zeros((3, 75, 75)), np.full((75, 75, 3), 9, np.uint8)))
    assert (shown[:225, :231] == 128).all()
    assert (shown[:225, 231:456] == 9).all()
