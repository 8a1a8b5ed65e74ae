from __future__ import annotations

import numpy as np
import pytest

from convscope.errors import UsageError
from convscope.render.gain import GAINS, common, equal_contrast, nothing_clipped, paint


def test_zero_is_exactly_128_at_any_gain() -> None:
    for gain in (0.0, 1e-9, 1.0, 1e9):
        assert (paint(np.zeros((3, 5, 5)), gain) == 128).all()


def test_sign_is_kept_and_full_scale_is_symmetric() -> None:
    tile = np.array([[[-2.0, -0.5, 0.0, 0.5, 2.0]]])
    row = paint(tile, nothing_clipped(tile))[0, :, 0].astype(int)
    assert row.tolist() == [1, 96, 128, 160, 255]


def test_equal_contrast_is_never_below_full_range() -> None:
    random = np.random.default_rng(0)
    for _ in range(5):
        tile = random.normal(size=(3, 20, 20)) ** 3
        assert equal_contrast(tile) >= nothing_clipped(tile)


def test_equal_contrast_reaches_its_contrast_over_the_support() -> None:
    tile = np.random.default_rng(1).laplace(size=(3, 30, 30)) ** 3
    gain = equal_contrast(tile)
    most = np.abs(tile).max(axis=0)
    support = tile[:, most > 0.05 * most.max()]
    assert np.sqrt(np.mean((gain * support) ** 2)) == pytest.approx(0.32)


def test_a_flat_tile_is_not_amplified() -> None:
    assert equal_contrast(np.zeros((3, 4, 4))) == 0.0
    assert nothing_clipped(np.zeros((3, 4, 4))) == 0.0
    assert common(np.zeros((2, 3, 4, 4))) == 0.0


def test_values_that_are_no_number_are_drawn_as_zero() -> None:
    assert (paint(np.full((1, 2, 2), np.nan), 1.0) == 128).all()


def test_many_channels_keep_the_sign_of_their_mean() -> None:
    tile = np.stack([np.full((2, 2), value) for value in (1.0, 1.0, -0.5, 1.0)])
    assert (paint(tile, 1.0) > 128).all()


def test_an_unknown_gain_names_the_known() -> None:
    with pytest.raises(UsageError, match="equal contrast, nothing clipped"):
        GAINS["percentile"]


def test_one_gain_for_many_tiles_keeps_their_ratios() -> None:
    one = np.random.default_rng(4).uniform(-1, 1, size=(3, 9, 9))
    tiles = np.stack([one, one * 0.5, one * 0.25])
    gain = common(tiles)
    swings = [np.abs(paint(tile, gain).astype(float) - 128) for tile in tiles]
    whole = (swings[0] > 40) & (swings[0] < 126)  # where neither clipping nor rounding decides
    assert whole.any()
    for swing, ratio in zip(swings[1:], (0.5, 0.25), strict=True):
        assert np.abs(swing[whole] / swings[0][whole] - ratio).max() < 0.02
    own = [paint(tile, equal_contrast(tile)) for tile in tiles]
    assert np.array_equal(own[0], own[1])  # by its own scale each looks the same


def test_every_gain_keeps_every_sign_around_grey() -> None:
    tile = np.random.default_rng(5).laplace(size=(3, 12, 12)) ** 3
    for gain in (equal_contrast(tile), nothing_clipped(tile), common(tile[None])):
        shown = paint(tile, gain).astype(int).transpose(2, 0, 1) - 128
        assert (np.sign(shown) * np.sign(tile) >= 0).all()
        strong = np.abs(tile) * gain > 1 / 127
        assert (np.sign(shown[strong]) == np.sign(tile[strong])).all()
