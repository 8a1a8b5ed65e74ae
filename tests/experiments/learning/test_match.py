"""Channels of two networks, matched."""

from __future__ import annotations

import numpy as np

from convscope.experiments.learning.match import match
from tests.twins import readability as slow


def test_the_match_is_the_best_of_all_permutations() -> None:
    drawn = np.random.default_rng(1)
    for _ in range(5):
        first, second = drawn.random((2, 20, 5))
        assert tuple(match(first, second)) == slow.match(first, second)


def test_channels_in_another_order_find_themselves() -> None:
    drawn = np.random.default_rng(2)
    values, order = drawn.random((50, 16)), drawn.permutation(16)
    assert match(values[:, order], values).tolist() == order.tolist()


def test_a_silent_channel_is_nobodys_and_takes_nobody_from_the_channel_of_its_number() -> None:
    values = np.random.default_rng(3).random((30, 4))
    silent = values.copy()
    silent[:, 1] = 0
    assert match(silent, values).tolist() == [0, -1, 2, 3]
    moved = np.roll(values, 1, axis=1)  # channel 1 here is 2 there, and lives
    assert match(silent, moved).tolist() == [1, -1, 3, 0]
    assert match(values, silent).tolist().count(-1) == 1
