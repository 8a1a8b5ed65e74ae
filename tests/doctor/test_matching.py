from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from convscope.doctor.matching import alive, correlations, kept, matched


def test_correlations_are_those_of_the_formula() -> None:
    drawn = np.random.default_rng(0)
    one, other = drawn.normal(size=(40, 3)), drawn.normal(size=(40, 4)).astype(np.float32)
    found = correlations(one, other)
    for i in range(3):
        for j in range(4):
            a, b = one[:, i] - one[:, i].mean(), other[:, j].astype(float)
            b = b - b.mean()
            slow = (
                sum(x * y for x, y in zip(a, b, strict=True))
                / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
            )
            assert found[i, j] == pytest.approx(slow, abs=1e-12)


def test_a_constant_channel_correlates_with_nothing_and_is_not_matched() -> None:
    values = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    values[:, 2] = np.float32(0.1)  # its mean in float64 is not exactly 0.1
    table = correlations(values, values)
    assert np.isnan(table[2]).all()
    assert np.isnan(table[:, 2]).all()
    assert alive(table).tolist() == [0, 1, 3]
    assert matched(table).tolist() == [0, 1, -1, 3]
    assert kept(table) == 1.0


def test_the_match_has_the_largest_sum_of_all_permutations() -> None:
    table = np.random.default_rng(2).uniform(-1, 1, (6, 6))
    best = max(permutations(range(6)), key=lambda p: sum(table[i, j] for i, j in enumerate(p)))
    assert matched(table).tolist() == list(best)


def test_units_that_changed_places_are_found_and_counted_as_not_kept() -> None:
    values = np.random.default_rng(3).normal(size=(200, 5))
    order = np.array([0, 1, 3, 4, 2])
    table = correlations(values, values[:, order])
    assert matched(table).tolist() == [0, 1, 4, 2, 3]
    assert kept(table) == 0.4


def test_units_that_change_slowly_keep_their_number() -> None:
    drawn = np.random.default_rng(4)
    values = drawn.normal(size=(500, 20))
    assert kept(correlations(values, values + 0.5 * drawn.normal(size=values.shape))) == 1.0
    share = kept(correlations(values, drawn.normal(size=values.shape)))
    assert share < 0.3


def test_of_networks_without_any_live_channel_nothing_is_known() -> None:
    table = correlations(np.ones((5, 2)), np.ones((5, 2)))
    assert matched(table).tolist() == [-1, -1]
    assert np.isnan(kept(table))
