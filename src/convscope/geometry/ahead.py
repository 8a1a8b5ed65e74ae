"""Intervals walked forward: which output cells an op can change when some of its input does.

The other direction of `Reach.back`, for sliding windows, and for many intervals at once: the
occluders of a sweep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.geometry.walk import IMAGE, Edge, Graph
from convscope.geometry.window import Window


@dataclass(frozen=True)
class Spans:
    """Half-open intervals of one map's cells along one axis, one for each occluder."""

    low: NDArray[np.int64]
    """(n,)"""
    high: NDArray[np.int64]
    """(n,) equal to ``low`` where nothing changes."""

    def ahead(self, window: Window, length: int) -> Spans:
        """The output cells, of ``length``, whose window touches the intervals.

        >>> Spans(np.array([4]), np.array([6])).ahead(Window(3, 2, 1), 10)
        Spans(low=array([2]), high=array([4]))
        """
        low = (self.low + window.padding - window.size) // window.stride + 1
        high = -((-self.high - window.padding) // window.stride)
        low, high = (np.clip(edge, 0, length) for edge in (low, high))
        return Spans(low, np.where(self.high > self.low, np.maximum(low, high), low))

    def join(self, other: Spans) -> Spans:
        """The smallest intervals that hold both; an empty one adds nothing."""
        mine, theirs = self.high > self.low, other.high > other.low
        low = np.where(mine & theirs, np.minimum(self.low, other.low), self.low)
        high = np.where(mine & theirs, np.maximum(self.high, other.high), self.high)
        return Spans(np.where(~mine, other.low, low), np.where(~mine, other.high, high))

    def fitted(self, some: NDArray[np.int64], length: int) -> tuple[NDArray[np.int64], int]:
        """Starts and the one size of windows inside the map that hold some of the intervals."""
        low = self.low[some]
        size = max(int((self.high[some] - low).max(initial=0)), 1)
        return np.minimum(low, length - size), size


def changed(graph: Graph, image: Spans, numbers: Mapping[int, bool]) -> dict[int, Spans]:
    """What occluders can change of each op along one axis.

    Args:
        graph: along this axis.
        image: the occluders, clipped to the image.
        numbers: the ops, in execution order, and whether each slides windows over its inputs; of
            one that does not, everything changes.
    """
    found: dict[int, Spans] = {IMAGE: image}
    for number, slides in numbers.items():
        length, count = graph.lengths[number], len(image.low)
        found[number] = (
            _through(graph.edges[number], found, length)
            if slides
            else Spans(np.zeros(count, np.int64), np.full(count, length))
        )
    return found


def _through(edges: Sequence[Edge], found: Mapping[int, Spans], length: int) -> Spans:
    windows = [(edge.source, edge.reach) for edge in edges]
    parts = [found[s].ahead(w, length) for s, w in windows if isinstance(w, Window)]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.join(part)
    return joined
