from __future__ import annotations

import numpy as np
import pytest

from convscope.results.settling import settled


@pytest.mark.parametrize(
    ("likeness", "place"),
    [
        ([0.1, 0.5, 0.9, 1.0], 1),
        ([0.9, 0.4, 0.9, 1.0], 2),  # it came back: alike once is not settled
        ([0.9, 0.9, 0.4, 1.0], -1),
        ([0.1, 0.2, 0.3, 1.0], -1),
        ([0.6, 0.6, 0.6, 1.0], 0),
        ([0.6, 0.0], 0),  # the last is not asked
    ],
)
def test_it_is_the_first_checkpoint_from_which_likeness_stays(
    likeness: list[float], place: int
) -> None:
    assert settled(np.array(likeness), 0.5) == place


def test_an_unknown_likeness_is_not_alike() -> None:
    assert settled(np.array([np.nan, 0.7, 1.0]), 0.5) == 1
