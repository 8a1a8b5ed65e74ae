from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.color.luts import lut
from convscope.render.canvas import Shot, Words
from convscope.render.display import png_of
from convscope.render.filters import common_gain, filter_tile, kernel_row
from convscope.render.gain import nothing_clipped
from convscope.render.pictures.says_weights import is_tiled
from convscope.render.pictures.sheet_options import FilterSheetOptions
from convscope.render.pictures.weights import (
    TALL,
    WIDE,
    telling,
    weights_canvas,
    weights_png,
)
from tests.results.made_weights import made


def drawn(*shape: int, seed: int = 0) -> np.ndarray:  # type: ignore[type-arg]
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def words(result: Any, options: FilterSheetOptions | None = None) -> str:
    return " ".join(p.text for p in weights_canvas(result, options).parts if isinstance(p, Words))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_color_tile_turned_back_is_the_filter(channels: int) -> None:
    filters = drawn(5, channels, 7, 7)
    gain = common_gain(filters)
    spread = float(filters.max() - filters.min())
    for one in filters:
        for amount in (gain, nothing_clipped(one)):
            tile = filter_tile(one, amount)
            factor = tile.shape[0] // 7
            small = tile[::factor, ::factor]
            assert (tile == np.repeat(np.repeat(small, factor, 0), factor, 1)).all()
            back = (small[..., :channels].astype(float) - 128) / 127 / amount
            assert np.abs(back.transpose(2, 0, 1) - one).max() <= spread / 255


def test_kernels_turned_back_are_the_weights() -> None:
    filters = drawn(4, 6, 3, 3)
    most = float(np.abs(filters).max())
    table = {tuple(color): place for place, color in enumerate(lut("tide").tolist())}
    for one in filters:
        row = kernel_row(one, most, 2, 1)
        assert row.shape == (6, 6 * 7 - 1, 3)
        for place, kernel in enumerate(one):
            cells = row[::2, place * 7 : place * 7 + 6 : 2]
            back = [[(table[tuple(c)] - 128) / 128 * most for c in line] for line in cells.tolist()]
            assert np.abs(np.array(back) - kernel).max() <= 1.5 * most / 128


def test_the_common_scale_keeps_ratios_and_shows_who_dominates() -> None:
    one = drawn(1, 3, 5, 5)[0]
    filters = np.stack([one, one * 0.1, one * 0.5])
    gain = common_gain(filters)
    swings = [np.abs(filter_tile(f, gain).astype(int) - 128).max() for f in filters]
    assert swings[0] == 127
    assert swings[1] / swings[0] == pytest.approx(0.1, abs=0.01)
    assert swings[2] / swings[0] == pytest.approx(0.5, abs=0.01)
    own = [np.abs(filter_tile(f).astype(int) - 128).max() for f in filters]
    assert own[0] == own[1] == own[2] == 127


@pytest.mark.parametrize("channels", [1, 3])
def test_zero_is_uniform_grey_and_signs_are_kept(channels: int) -> None:
    zero = np.zeros((channels, 5, 5))
    for gain in (None, 1.0, 0.0):
        assert (filter_tile(zero, gain) == 128).all()
    assert (kernel_row(zero, 1.0, 3, 1) == 128).all()
    one = drawn(channels, 5, 5)
    for gain in (None, nothing_clipped(one)):
        tile = filter_tile(one, gain)
        factor = tile.shape[0] // 5
        small = tile[::factor, ::factor, :channels].astype(int).transpose(2, 0, 1) - 128
        assert (np.sign(small) * np.sign(one) >= 0).all()


def test_first_layers_are_tiles_and_deeper_ones_kernels() -> None:
    assert is_tiled(made(drawn(8, 3, 7, 7)))
    assert is_tiled(made(drawn(8, 1, 3, 3), source="conv1", groups=8))
    assert not is_tiled(made(drawn(8, 4, 3, 3), source="conv1"))
    assert "A filter is the number at the left" in words(made(drawn(40, 3, 7, 7)))
    assert "Rows are filters, columns the input" in words(made(drawn(8, 4, 3, 3), source="conv1"))


def test_both_scales_stand_beside_each_other_or_one_alone() -> None:
    result = made(drawn(8, 3, 7, 7))
    for scale, own, common in (("both", 1, 1), ("own", 1, 0), ("common", 0, 1)):
        said = words(result, FilterSheetOptions(scale=scale))  # type: ignore[arg-type]
        assert said.count("Each to its own scale") == own
        assert said.count("One scale for all full scale ±") == common


def test_what_does_not_fit_is_left_out_and_counted() -> None:
    filters = drawn(300, 200, 3, 3)
    filters[::2] *= 9
    result = made(filters, source="conv1")
    chosen = telling(filters, 60, 37)
    assert (chosen.filters % 2 == 0).all()
    assert (np.diff(chosen.filters) > 0).all()
    said = words(result)
    assert "Shown: 60 of 300 filters and 37 of 200 input channels, those of largest norm." in said
    assert "Left out: 240 filters and 163 inputs" in said
    plates = [p for p in weights_canvas(result).parts if isinstance(p, Shot)]
    assert max(p.pixels.shape[0] for p in plates) <= TALL + 10
    assert max(p.pixels.shape[1] for p in plates if p.pixels.shape[0] > 100) <= WIDE + 10
    assert "Left out" not in words(made(drawn(16, 16, 3, 3), source="a"))


def test_inputs_are_chosen_by_what_they_weigh_in_the_filters_shown() -> None:
    filters = np.zeros((2, 3, 1, 1))
    filters[0, :, 0, 0], filters[1, :, 0, 0] = (1, 5, 2), (0.1, 0, 0.9)
    chosen = telling(filters, 1, 2)
    assert (chosen.filters.tolist(), chosen.inputs.tolist()) == ([0], [1, 2])


@pytest.mark.parametrize(
    ("shape", "source"),
    [((1, 1, 1, 1), ""), ((10, 64, 1, 1), "flat"), ((3, 4, 5, 5), ""), ((2, 2, 1, 7), "a"),
     ((700, 900, 1, 1), "a"), ((5, 3, 60, 60), "")],
)  # fmt: skip
@pytest.mark.parametrize("value", [1.0, 0.0, np.nan])
def test_anything_can_be_drawn(shape: tuple[int, ...], source: str, value: float) -> None:
    data = png_of(made(drawn(*shape) * value, source=source))
    with Image.open(BytesIO(data)) as picture:
        assert picture.format == "PNG"


def test_what_is_said_is_in_the_picture() -> None:
    said = words(made(drawn(8, 3, 7, 7), note="Filter 3: all zeros."))
    for part in ("8 filters of 7 × 7 over 3 input channels of the image.", "Norm from",
                 "Energy at low, middle and high", "Noisiest:", "Filter 3: all zeros.",
                 "weights 01234567."):  # fmt: skip
        assert part in said
    assert weights_png(made(drawn(8, 3, 7, 7)))[1:4] == b"PNG"
