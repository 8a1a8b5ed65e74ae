from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from convscope.geometry.ahead import Spans, changed
from convscope.geometry.walk import IMAGE, Edge, Graph
from convscope.geometry.window import Window

windows = st.builds(
    Window, size=st.integers(1, 7), stride=st.integers(1, 4), padding=st.integers(-2, 4)
)


def touched(low: int, high: int, window: Window, length: int) -> list[int]:
    """Output cells whose window touches an interval, one by one."""
    reads = [window.back((cell, cell + 1), None) for cell in range(length)]
    return [cell for cell, (a, b) in enumerate(reads) if low < high and a < high and b > low]


@given(windows, st.integers(0, 30), st.integers(0, 12), st.integers(1, 40))
def test_exactly_the_cells_whose_window_touches(
    window: Window, low: int, size: int, length: int
) -> None:
    found = Spans(np.array([low]), np.array([low + size])).ahead(window, length)
    cells = touched(low, low + size, window, length)
    # with a stride above the size some cells between touch nothing; the interval holds them too
    if cells:
        assert (int(found.low[0]), int(found.high[0])) == (cells[0], cells[-1] + 1)
    else:
        assert found.low[0] >= found.high[0]


def test_joining_holds_both_and_leaves_empty_ones_out() -> None:
    one = Spans(np.array([2, 5, 3]), np.array([4, 5, 3]))
    other = Spans(np.array([7, 1, 9]), np.array([9, 2, 9]))
    joined = one.join(other)
    assert joined.low.tolist()[:2] == [2, 1]
    assert joined.high.tolist()[:2] == [9, 2]
    assert joined.low[2] >= joined.high[2]


def test_windows_of_one_size_lie_inside_the_map_and_hold_the_intervals() -> None:
    spans = Spans(np.array([0, 4, 8]), np.array([3, 9, 10]))
    starts, size = spans.fitted(np.array([0, 1, 2]), 10)
    assert size == 5
    assert starts.tolist() == [0, 4, 5]
    assert ((starts <= spans.low) & (starts + size >= spans.high)).all()
    starts, size = spans.fitted(np.array([0, 2]), 10)
    assert (size, starts.tolist()) == (3, [0, 7])


def test_what_does_not_slide_changes_altogether() -> None:
    edges = {0: (Edge(IMAGE, Window(3, 1, 1)),), 1: (Edge(0, Window()),)}
    graph = Graph(edges, {IMAGE: 20, 0: 20, 1: 20})
    image = Spans(np.array([4]), np.array([6]))
    found = changed(graph, image, {0: True, 1: False})
    assert (found[0].low[0], found[0].high[0]) == (3, 7)
    assert (found[1].low[0], found[1].high[0]) == (0, 20)
