from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from convscope.doctor.overlap import chance_overlap, overlap


def test_it_is_common_images_over_all_images_whatever_the_order() -> None:
    one = np.array([[4, 7, 1], [4, 7, 1], [4, 7, 1], [2, -1, -1]])
    other = np.array([[1, 4, 7], [7, 9, 4], [2, 3, 5], [-1, -1, -1]])
    assert overlap(one, other).tolist() == [1.0, 0.5, 0.0, 0.0]
    assert overlap(other, one).tolist() == overlap(one, other).tolist()


def test_six_of_nine_in_common_are_one_half() -> None:
    assert overlap(np.arange(9)[None], np.arange(3, 12)[None]).tolist() == [0.5]


@pytest.mark.parametrize(("images", "k"), [(6, 3), (7, 2), (5, 5), (4, 9)])
def test_chance_is_the_mean_over_all_pairs_of_sets(images: int, k: int) -> None:
    """Every set against one fixed set, counted one by one: by symmetry that is every pair."""
    sets = list(combinations(range(images), min(k, images)))
    fixed = set(sets[0])
    slow = [len(fixed & set(one)) / len(fixed | set(one)) for one in sets]
    assert chance_overlap(images, k) == pytest.approx(sum(slow) / len(slow), abs=1e-12)
