from __future__ import annotations

import numpy as np
import pytest

from convscope.tally.likeness import effective_rank, twins


@pytest.mark.parametrize("rank", [1, 3, 7])
def test_equal_directions_are_counted(rank: int) -> None:
    turned, _ = np.linalg.qr(np.random.default_rng(rank).normal(size=(9, 9)))
    assert effective_rank(turned[:, :rank] @ turned[:, :rank].T) == pytest.approx(rank, abs=1e-5)


def test_a_layer_that_does_not_vary_has_no_rank() -> None:
    assert np.isnan(effective_rank(np.zeros((3, 3))))
    assert np.isnan(effective_rank(np.zeros((0, 0))))


def test_one_channel_alone_has_no_twin() -> None:
    assert [part.tolist() for part in twins(np.zeros((0, 0)))] == [[], []]
    twin, likeness = twins(np.ones((1, 1)))
    assert twin.tolist() == [-1]
    assert np.isnan(likeness).all()
