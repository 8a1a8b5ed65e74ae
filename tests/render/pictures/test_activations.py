from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from convscope.render.canvas import Shot, Words
from convscope.render.display import png_of
from convscope.render.pictures.activations import (
    activations_canvas,
    activations_png,
)
from convscope.render.pictures.cells import cells_of
from convscope.render.pictures.map_options import MapOptions
from convscope.render.pictures.maps import layer_scale, map_tile
from convscope.render.pictures.says_activations import cell_size, faint_channels
from convscope.render.pictures.spread import spread
from convscope.render.pictures.strongest import strongest
from convscope.render.plate import Plate, across
from tests.results.made_activations import made


def drawn(count: int, height: int, width: int) -> np.ndarray:  # type: ignore[type-arg]
    maps = np.maximum(np.random.default_rng(1).normal(size=(count, height, width)), 0)
    return maps.astype(np.float32)


@pytest.mark.parametrize(("height", "width", "factor"), [(13, 15, 3), (55, 40, 1), (36, 36, 1)])
def test_there_is_a_tile_for_every_channel_and_it_is_the_map(
    height: int, width: int, factor: int
) -> None:
    maps = drawn(23, height, width)
    sheet = activations_canvas(made(maps))
    plate = Plate(23, height * factor, width * factor, across(23, height, width),
                  1 if height * factor < 48 else 2)  # fmt: skip
    pixels = next(
        part.pixels
        for part in sheet.parts
        if isinstance(part, Shot) and part.pixels.shape[:2] == plate.size
    )
    scale = layer_scale(maps, False)
    for channel, one in enumerate(maps):
        y, x = plate.corner(channel)
        tile = pixels[y : y + plate.height : factor, x : x + plate.width : factor]
        assert np.array_equal(tile, map_tile(one, scale))


def words(result: object, options: MapOptions | None = None) -> str:
    parts = activations_canvas(result, options).parts  # type: ignore[arg-type]
    return " ".join(part.text for part in parts if isinstance(part, Words))


def test_the_scale_the_gamma_and_the_size_are_said() -> None:
    said = words(made(drawn(60, 13, 13) * 1000))
    assert "and over, γ ½" in said
    assert "60 maps of 13 × 13 cells, shown ×3" in said
    assert "A cell sees 7 × 7 px, one every 2 px." in said
    assert "so brightness compares" in said
    own = words(made(drawn(60, 13, 13)), MapOptions(scale="own", gamma=1.0))
    assert "each map's highest" in own
    assert "γ" not in own


def test_blank_maps_are_marked_and_explained() -> None:
    maps = drawn(10, 13, 13)
    maps[3], maps[4] = 0, 0
    maps[5] *= 1e-9
    blank = ((3, "Silent on this image. It fires on 41 % of the others."), (4, "No image fires it"))
    result = made(maps, blank=blank, kinds=("silent", "dead"), note="2 of 10 maps are blank.")
    said = words(result)
    assert "Channel 3: Silent on this image. It fires on 41 % of the others." in said
    assert "Channel 5: Not blank, only faint next to its neighbors." in said
    chips = [p.text for p in activations_canvas(result).parts if isinstance(p, Words) and p.is_chip]
    assert sorted(chips) == ["dead", "faint", "silent"]
    assert faint_channels(result) == [5]
    assert faint_channels(result, MapOptions(scale="own")) == []
    assert "faint" not in words(result, MapOptions(scale="own"))


def test_a_signed_layer_says_where_zero_is() -> None:
    said = words(made(drawn(10, 13, 13) - 0.5, signed=True))
    assert "Grey is zero." in said
    assert "Black" not in said


def test_units_without_maps_are_squares_with_the_strongest_named() -> None:
    values = np.arange(-2.0, 18.0).reshape(20, 1, 1)
    names = tuple(f"kind {i}" for i in range(20))
    said = words(made(values, signed=True, names=names))
    assert "20 values, no maps: a square each; 17 of them above zero here." in said
    assert "Strongest 9 19 kind 19 17 18 kind 18 16" in said


def test_silent_units_are_no_strongest() -> None:
    parts = strongest(made(np.array([0.0, 2.0, 0.0]).reshape(3, 1, 1))).parts
    assert [part.text for part in parts if isinstance(part, Words)] == ["Strongest 1", "1", "2"]


def test_large_maps_are_averaged_over_whole_squares_and_it_is_said() -> None:
    assert cell_size(300, 260) == (1, 3)
    maps = drawn(4, 300, 260)
    assert "means over 3 × 3 cells shown" in words(made(maps))
    small = cells_of(maps, 3)
    assert small.shape == (4, 100, 87)
    assert small[2, 7, 86] == pytest.approx(maps[2, 21:24, 258:260].mean())


def test_shares_leave_out_the_zeros_but_count_them() -> None:
    edges = np.array([-np.inf, -1.0, 0.0, 0.0, 1.0, 2.0, np.inf])
    found = spread(np.array([0, 0, 60, 30, 10, 0]), np.array([0, 0, 8, 1, 1, 0]), edges)
    assert found is not None
    assert found.here.tolist() == [0.3, 0.1]
    assert found.usual is not None
    assert found.usual.tolist() == [0.1, 0.1]
    assert found.edges.tolist() == [0, 1, 2]
    assert spread(np.array([0, 0, 5, 0, 0, 0]), None, edges) is None


@pytest.mark.parametrize(
    "maps",
    [np.zeros((1, 1, 1)), np.zeros((3, 5, 5)), np.full((2, 4, 4), np.nan), np.ones((300, 1, 1)),
     np.zeros((130, 1, 1))],
)  # fmt: skip
def test_anything_can_be_drawn(maps: np.ndarray) -> None:  # type: ignore[type-arg]
    for signed in (False, True):
        result = made(maps, signed=signed, histogram=np.zeros((len(maps), 197), np.int64))
        for data in (png_of(result), activations_png(result, MapOptions(scale="own"))):
            with Image.open(BytesIO(data)) as picture:
                assert picture.format == "PNG"
                assert picture.width >= 560
