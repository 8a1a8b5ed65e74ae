from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.errors import AddressError, UsageError
from convscope.render.report.figure import FigureOptions, figure
from tests.render.fake import FakeAtlas, blocks


def test_a_figure_has_its_numbers_beside_it(tmp_path: Path) -> None:
    atlas = FakeAtlas()
    made = figure(atlas, "features.1", blocks(atlas), options=FigureOptions(channels=4))
    path = made.save(tmp_path / "figure")
    with Image.open(path) as image:
        assert image.size == made.pixels.shape[1::-1]
    numbers = json.loads(path.with_suffix(".json").read_text())
    assert len(numbers["tiles"]) == 4 * 9
    assert numbers["tiles"][0]["full_scale"] > 0
    assert numbers["tiles"][0]["rank"] == 1


def test_channels_keep_the_order_they_are_named_in() -> None:
    atlas = FakeAtlas()
    made = figure(atlas, 0, blocks(atlas, ranks=1), channels=[5, 2], options=FigureOptions(ranks=1))
    assert [row["channel"] for row in made.numbers["tiles"]] == [5, 2]


def test_a_dead_channel_is_ground() -> None:
    atlas = FakeAtlas()
    made = figure(atlas, 3, blocks(atlas), channels=[2])
    middle = made.pixels[made.pixels.shape[0] // 2]
    assert (middle == 128).all(axis=1).mean() > 0.9


def test_the_picture_says_its_scale_above_the_mosaics() -> None:
    atlas = FakeAtlas()
    made = figure(atlas, 0, blocks(atlas), channels=[0])
    assert (made.pixels[:20] < 100).any()
    assert np.ptp(made.pixels) > 0
    assert made._repr_png_()[1:4] == b"PNG"


def test_what_cannot_be_drawn_is_named() -> None:
    atlas = FakeAtlas()
    with pytest.raises(AddressError, match="numbered 0 to 11"):
        figure(atlas, 0, blocks(atlas), channels=[12])
    with pytest.raises(UsageError, match="needs a channel"):
        figure(atlas, 0, blocks(atlas), channels=[])
