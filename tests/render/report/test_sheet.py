from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from convscope.render.jpeg import jpeg
from convscope.render.report.sheet import SheetShape, compose


@pytest.mark.parametrize(
    ("field", "factor", "size"),
    [(7, 11, (237, 483)), (19, 4, (234, 477)), (75, 1, (231, 471)), (96, 1, (296, 603))],
)
def test_golden_sizes(field: int, factor: int, size: tuple[int, int]) -> None:
    shape = SheetShape.of(field, 9)
    assert (shape.factor, shape.size) == (factor, size)


def test_at_middle_size_the_gaps_are_2_and_6() -> None:
    shape = SheetShape(52, 1, 3)
    assert (shape.gap, shape.middle, shape.size) == (2, 6, (160, 326))


@pytest.mark.parametrize("field", [7, 11, 19, 27, 35, 43, 59, 75, 91, 96])
def test_every_sheet_is_shown_at_the_size_of_a_card(field: int) -> None:
    shape = SheetShape.of(field, 9)
    grow = 52 / shape.tile
    assert abs(shape.size[0] * grow - 160) < 1.5
    assert abs(shape.size[1] * grow - 326) < 2.5


def test_flat_tiles_are_invisible_on_their_plate() -> None:
    shape = SheetShape.of(19, 9)
    flat = np.full((9, 19, 19, 3), 128, np.uint8)
    sheet = compose(shape, flat, flat)
    assert (sheet == 128).all()
    back = np.asarray(Image.open(BytesIO(jpeg(sheet, 86))))
    assert (back == 128).all()


def test_the_same_place_in_both_blocks_is_the_same_rank() -> None:
    shape = SheetShape.of(8, 9)
    numbers = np.arange(1, 10, dtype=np.uint8)[:, None, None, None]
    tiles = np.broadcast_to(numbers, (9, 8, 8, 3))
    sheet = compose(shape, tiles, tiles + 100)
    for rank in range(1, 10):
        (y, left), (same, right) = shape.corner(rank, False), shape.corner(rank, True)
        assert y == same
        assert sheet[y, left, 0] == rank
        assert sheet[same, right, 0] == rank + 100


def test_missing_ranks_are_ground() -> None:
    shape = SheetShape.of(8, 9)
    sheet = compose(shape, np.zeros((2, 8, 8, 3), np.uint8), np.zeros((2, 8, 8, 3), np.uint8))
    y, x = shape.corner(3, False)
    assert (sheet[y : y + shape.tile, x : x + shape.tile] == 128).all()


def test_jpeg_keeps_full_colour_resolution() -> None:
    image = Image.open(BytesIO(jpeg(np.zeros((16, 16, 3), np.uint8), 86)))
    assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3


def test_pure_noise_can_be_encoded() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 800, 3)).astype(np.uint8)
    assert len(jpeg(noise, 95)) > 400 * 800
