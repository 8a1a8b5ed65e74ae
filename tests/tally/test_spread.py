from __future__ import annotations

from itertools import pairwise

import pytest

from convscope.tally.spread import spread


@pytest.mark.parametrize("count", [1, 2, 7, 30, 101])
@pytest.mark.parametrize("most", [1, 2, 3, 7, 29, 200])
def test_some_are_evenly_spread(count: int, most: int) -> None:
    found = spread(count, most).tolist()
    assert len(found) == min(count, most)
    assert found[0] == 0
    steps = [b - a for a, b in pairwise(found)]
    assert not steps or (found[-1] == count - 1 and 1 <= max(steps) <= min(steps) + 1)


def test_none_of_none_and_none_where_none_is_wanted() -> None:
    assert spread(0, 3).tolist() == spread(5, 0).tolist() == []
