"""Walking intervals over branches, and crops that keep the phase of both ends."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.geometry.walk import IMAGE, Edge, Graph, aligned
from convscope.geometry.window import Enlarge, Window


def _diamond() -> Graph:
    """A 3-tap and a strided branch that meet after enlarging."""
    edges = {
        0: (Edge(IMAGE, Window(3, 1, 1)),),
        1: (Edge(0, Window(2, 2)),),
        2: (Edge(1, Enlarge(2)),),
        3: (Edge(2, Window()), Edge(0, Window())),
    }
    return Graph(edges, {IMAGE: 12, 0: 12, 1: 6, 2: 12, 3: 12})


def test_a_walk_joins_its_branches() -> None:
    needs = _diamond().walk(3, (5, 6))
    assert needs == {3: (5, 6), 2: (5, 6), 1: (2, 3), 0: (4, 6), IMAGE: (3, 7)}


def test_a_walk_is_clipped_unless_told_otherwise() -> None:
    graph = _diamond()
    assert graph.walk(3, (0, 1))[IMAGE] == (0, 3)
    assert graph.walk(3, (0, 1), clip=False)[IMAGE] == (-1, 3)


def test_what_only_padding_feeds_is_left_out() -> None:
    graph = Graph({0: (Edge(IMAGE, Window(1, 1, 2)),)}, {IMAGE: 5, 0: 9})
    assert graph.walk(0, (0, 1)) == {0: (0, 1)}
    assert graph.walk(0, (2, 3)) == {0: (2, 3), IMAGE: (0, 1)}


def test_the_period_is_that_of_all_ops_in_the_cone() -> None:
    graph = _diamond()
    assert graph.strides(3) == {IMAGE: 1, 0: 1, 1: 2, 2: 1, 3: 1}
    assert [graph.period(n) for n in range(4)] == [1, 2, 2, 2]
    assert all(isinstance(stride, Fraction) for stride in graph.strides(3).values())


def test_branches_of_different_strides_do_not_fit() -> None:
    edges = {
        0: (Edge(IMAGE, Window(1, 2)),),
        1: (Edge(0, Window()), Edge(IMAGE, Window())),
    }
    with pytest.raises(ValueError, match="branches of node 1 arrive with strides"):
        Graph(edges, {IMAGE: 4, 0: 2, 1: 2}).strides(1)


@given(st.integers(1, 300), st.data(), st.sampled_from([1, 2, 4, 6, 16, 32]))
def test_aligned_crops_hold_the_interval_and_keep_both_phases(
    length: int, data: st.DataObject, period: int
) -> None:
    low = data.draw(st.integers(0, length - 1))
    high = data.draw(st.integers(low + 1, length))
    start, end = aligned((low, high), length, period)
    assert 0 <= start <= low < high <= end <= length
    assert start % period == 0
    assert (length - end) % period == 0
    assert low - start < period
    assert end - high < period
