from __future__ import annotations

import numpy as np
import pytest

from convscope.errors import UsageError
from convscope.methods.similarity import inside, similarity
from tests.twins.similarity import spearman

DRAW = np.random.default_rng(4)


@pytest.mark.parametrize("levels", [3, 1000])  # with many ties, and with hardly any
def test_it_is_spearmans_correlation(levels: int) -> None:
    one, other = DRAW.integers(-levels, levels, (2, 3, 7, 6)).astype(np.float32)
    assert similarity(one, other) == pytest.approx(spearman(one, other), abs=1e-12)
    mixed = one + 0.3 * other
    assert similarity(one, mixed) == pytest.approx(spearman(one, mixed), abs=1e-12)
    assert similarity(one, mixed) > 0.3


def test_equal_pictures_are_exactly_one() -> None:
    for shape in ((3, 17, 13), (5, 5)):
        one = DRAW.standard_normal(shape)
        assert similarity(one, one.copy()) == 1.0
        assert similarity(one, -2 * one) == 1.0
    assert similarity(one, -np.abs(one).max() + np.abs(one)) == -1.0  # what is weak here is strong


def test_a_constant_picture_says_nothing_of_places() -> None:
    one = DRAW.standard_normal((3, 6, 6))
    for flat in (np.zeros((3, 6, 6)), np.full((3, 6, 6), 7.0)):
        assert similarity(one, flat) == similarity(flat, one) == similarity(flat, flat) == 0.0


def test_what_is_not_finite_counts_in_neither() -> None:
    one, other = DRAW.standard_normal((2, 1, 6, 6))
    broken = one.copy()
    broken[:, 0] = np.nan
    broken[:, 1, 0] = np.inf
    kept = np.ones((6, 6), bool)
    kept[0], kept[1, 0] = False, False
    rest = [p[:, kept][:, None] for p in (one, other)]
    assert similarity(broken, other) == similarity(other, broken) == similarity(*rest)
    assert similarity(np.full((1, 3, 3), np.nan), np.zeros((1, 3, 3))) == 0.0


def test_unrelated_pictures_are_near_zero() -> None:
    one, other = DRAW.standard_normal((2, 3, 60, 60))
    assert abs(similarity(one, other)) < 0.05


def test_zeros_that_two_fields_share_make_pictures_alike_unless_cut_away() -> None:
    one, other = np.zeros((2, 3, 60, 60))
    one[:, 20:30, 20:30], other[:, 20:30, 20:30] = DRAW.standard_normal((2, 3, 10, 10))
    frame = (20, 20, 30, 30)
    assert similarity(one, other) > 0.95
    assert abs(similarity(inside(one, frame), inside(other, frame))) < 0.3


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(UsageError, match="Pictures of 3 by 4 and 4 by 3 cannot be compared"):
        similarity(np.zeros((3, 4)), np.zeros((4, 3)))
