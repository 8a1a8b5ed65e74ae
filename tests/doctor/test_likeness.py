from __future__ import annotations

import numpy as np
import pytest

from convscope.doctor.likeness import likeness
from tests.twins import doctor_filters as slow


@pytest.mark.parametrize(
    ("shape", "groups"), [((7, 3, 3, 2), 1), ((8, 2, 3, 3), 2), ((300, 2, 1, 1), 1)]
)
def test_the_nearest_filter_is_that_of_all_pairs(shape: tuple[int, ...], groups: int) -> None:
    filters = np.random.default_rng(2).normal(size=shape)
    found, each = likeness(filters, groups), shape[0] // groups
    for i in range(min(shape[0], 20)):
        of = {
            j: slow.cosine(filters[i], filters[j])
            for j in range(shape[0])
            if j != i and j // each == i // each
        }
        best = max(of, key=lambda j: of[j])
        assert found.twin[i] == best
        assert found.cosine[i] == pytest.approx(of[best], abs=1e-12)


def test_planted_twins_are_found_whatever_their_size_and_mirrors_are_not() -> None:
    filters = np.random.default_rng(3).normal(size=(600, 3, 3, 3))
    filters[411], filters[7] = 5 * filters[20], -filters[30]
    found = likeness(filters)
    assert (found.twin[411], found.twin[20]) == (20, 411)
    assert found.cosine[[20, 411]].tolist() == pytest.approx([1, 1])
    assert np.delete(found.cosine, [20, 411]).max() < 0.95


def test_what_has_no_direction_has_no_twin() -> None:
    filters = np.random.default_rng(4).normal(size=(4, 2, 1, 1))
    filters[0], filters[1, 0] = 0, np.inf
    found = likeness(filters)
    assert found.twin.tolist() == [-1, -1, 3, 2]
    assert np.isnan(found.cosine).tolist() == [True, True, False, False]
    assert likeness(np.ones((3, 1, 2, 2)), groups=3).twin.tolist() == [-1, -1, -1]
