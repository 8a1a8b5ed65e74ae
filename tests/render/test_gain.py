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
