from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convscope.color.luts import lut
from convscope.errors import UsageError
from convscope.render.pictures.map_options import MapOptions
from convscope.render.pictures.maps import (
    faint,
    heights,
    layer_scale,
    map_tile,
    own_scale,
    scale_of,
)


def unpainted(pixels: Any, top: float, gamma: float, signed: bool) -> np.ndarray:  # type: ignore[type-arg]
    """The values that colors stand for: the twin of painting, by looking each color up."""
    colors = lut("tide" if signed else "ember").tolist()
    table = {tuple(color): place - 128 * signed for place, color in enumerate(colors)}
    steps = 128 if signed else 255
    share = np.array([[table[tuple(c)] / steps for c in row] for row in pixels.tolist()])
    found: np.ndarray = np.sign(share) * np.abs(share) ** (1 / gamma) * top  # type: ignore[type-arg]
    return found


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("gamma", [1.0, 0.5])
@pytest.mark.parametrize("scale", ["layer", "own"])
def test_a_tile_turned_back_is_the_map(signed: bool, gamma: float, scale: str) -> None:
    drawn = np.random.default_rng(0).normal(size=(60, 9, 11))
    maps = drawn if signed else np.maximum(drawn, 0)
    options = MapOptions(scale=scale, gamma=gamma)  # type: ignore[arg-type]
    for channel, one in enumerate(maps):
        found = scale_of(maps, channel, signed, options)
        back = unpainted(map_tile(one, found), found.top, gamma, signed)
        expected = np.clip(one, -found.top, found.top)
        steps = 128 if signed else 255
        share = np.abs(np.abs(back) ** gamma - np.abs(expected) ** gamma) / found.top**gamma
        assert share.max() <= (1.5 if signed else 0.5) / steps + 1e-12  # tide has two colors twice
        assert (np.sign(back) * np.sign(expected) >= 0).all()


def test_one_scale_of_the_layer_keeps_the_ratio_of_two_maxima() -> None:
    maps = np.zeros((100, 4, 4))
    maps[:, 1, 2] = np.linspace(0.01, 1, 100)
    scale = layer_scale(maps, False, gamma=1.0)
    back = [unpainted(map_tile(one, scale), scale.top, 1.0, False).max() for one in maps]
    for i, j in ((20, 80), (50, 90)):
        assert back[i] / back[j] == pytest.approx(maps[i].max() / maps[j].max(), abs=0.02)
    own = [map_tile(one, own_scale(one, False)).max() for one in maps]
    assert len(set(own)) == 1


def test_the_top_is_the_98th_percentile_of_the_maxima() -> None:
    maps = np.arange(101.0).reshape(101, 1, 1)
    scale = layer_scale(maps, False)
    assert scale.top == 98
    assert scale.is_clipped
    assert scale.ends == ("0", "98 and over, γ ½")
    assert layer_scale(-maps, True).ends == ("\u221298 and beyond, γ ½".split(" and")[0],
                                             "98 and beyond, γ ½")  # fmt: skip


def test_zero_is_black_of_rectified_and_grey_of_signed_maps() -> None:
    zero = np.zeros((1, 3, 3))
    for signed, color in ((False, (9, 6, 9)), (True, (128, 128, 128))):
        for scale in (layer_scale(zero, signed), own_scale(zero[0], signed)):
            assert (map_tile(zero[0], scale) == color).all()


def test_a_layer_where_few_fire_is_drawn_up_to_its_maximum() -> None:
    maps = np.zeros((1000, 1, 1))
    maps[7] = 3
    assert layer_scale(maps, False).top == 3


def test_what_is_not_finite_sets_no_scale() -> None:
    maps = np.array([[[1.0, np.nan]], [[np.inf, 2.0]], [[-np.inf, np.nan]]])
    assert heights(maps, False).tolist() == [1, 2, 0]
    assert (map_tile(maps[0], layer_scale(maps, False))[0, 1] == (9, 6, 9)).all()


def test_faint_maps_are_those_that_only_the_layers_scale_hides() -> None:
    maps = np.array([100.0, 0.9, 1.1, 0.0] + [100.0] * 96).reshape(-1, 1, 1)
    scale = layer_scale(maps, False)
    assert np.flatnonzero(faint(maps, scale)).tolist() == [1]
    assert not faint(np.zeros((2, 1, 1)), layer_scale(np.zeros((2, 1, 1)), False)).any()


@pytest.mark.parametrize("wrong", [{"scale": "global"}, {"gamma": 0.0}, {"gamma": float("nan")}])
def test_a_scale_or_gamma_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"There are: layer, own|must be above 0"):
        MapOptions(**wrong)
