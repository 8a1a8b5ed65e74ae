"""The strongest images of each channel."""

from __future__ import annotations

import numpy as np

from convscope.experiments.learning.strongest import has_all, strongest
from tests.twins import readability as slow


def test_the_nine_are_those_of_a_sorted_list() -> None:
    drawn = np.random.default_rng(0)
    maxima = drawn.standard_normal((40, 12)).astype(np.float32)
    assert strongest(maxima).tolist() == slow.strongest(maxima, 9)


def test_ties_go_to_the_earlier_image_and_zero_is_no_answer() -> None:
    maxima = np.array([[1.0, 0.0], [2.0, 0.0], [1.0, 3.0], [2.0, -1.0]])
    found = strongest(maxima, 3)
    assert found.tolist() == [[1, 3, 0], [2, -1, -1]] == slow.strongest(maxima, 3)
    assert has_all(found).tolist() == [True, False]


def test_fewer_images_than_nine_are_no_nine() -> None:
    assert strongest(np.ones((4, 1))).tolist() == [[0, 1, 2, 3, -1, -1, -1, -1, -1]]
