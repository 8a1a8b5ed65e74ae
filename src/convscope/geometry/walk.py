"""Walking intervals backwards over a graph of local ops, one axis at a time.

A node is one op's result. Walking from a cell of one node gives, for every node before it, the
smallest interval that holds all cells this cell depends on (the union over branches).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from math import lcm

from convscope.geometry.window import Interval, Reach

IMAGE = -1
"""The number of the node that is the network's input."""


@dataclass(frozen=True)
class Edge:
    """One input of an op, along one axis."""

    source: int
    reach: Reach


@dataclass(frozen=True)
class Graph:
    """Local ops along one axis, in execution order.

    ``edges[n]`` are the inputs of node ``n``; ``lengths[n]`` its cells; ``IMAGE`` has no edges.
    """

    edges: Mapping[int, tuple[Edge, ...]]
    lengths: Mapping[int, int]

    def cone(self, node: int) -> list[int]:
        """The node and all it depends on, latest first; the image is last."""
        found, pending = {node}, [node]
        while pending:
            for edge in self.edges.get(pending.pop(), ()):
                if edge.source not in found:
                    found.add(edge.source)
                    pending.append(edge.source)
        return sorted(found, reverse=True)

    def walk(self, node: int, interval: Interval, *, clip: bool = True) -> dict[int, Interval]:
        """Which cells of every earlier node an interval of this one depends on.

        With ``clip=False`` as on an endless map, where cells of one phase see alike. Nodes that
        are reached through padding only are left out.
        """
        needs = {node: interval}
        for current in self.cone(node):
            for edge in self.edges.get(current, ()) if current in needs else ():
                length = self.lengths[edge.source]
                low, high = edge.reach.back(needs[current], length if clip else None)
                if clip:
                    low, high = max(low, 0), min(high, length)
                if low < high:
                    known = needs.get(edge.source, (low, high))
                    needs[edge.source] = (min(low, known[0]), max(high, known[1]))
        return needs

    def strides(self, node: int) -> dict[int, Fraction]:
        """Pixels of the image from one cell to the next, for the node and all before it.

        Raises:
            ValueError: two branches arrive with different strides.
        """
        cone, (known, torn) = self.cone(node), self._steps
        for current in cone:
            if current in torn:
                raise ValueError(f"branches of node {current} arrive with strides {torn[current]}")
        return {current: known[current] for current in cone if current in known}

    @cached_property
    def _steps(self) -> tuple[dict[int, Fraction], dict[int, list[Fraction]]]:
        """The stride of every node behind local ops alone, and the nodes whose branches differ."""
        known, torn = {IMAGE: Fraction(1)}, {}
        for node, edges in sorted(self.edges.items()):
            if not all(edge.source in known for edge in edges):
                continue
            steps = {known[edge.source] * edge.reach.ratio for edge in edges}
            if len(steps) > 1:
                torn[node] = sorted(steps)
            if steps:
                known[node] = min(steps)
        return known, torn

    def period(self, node: int) -> int:
        """Pixels after which the whole cone repeats: the lcm of all its cumulative strides."""
        return reduce(lcm, {s.numerator for s in self.strides(node).values()}, 1)


def aligned(interval: Interval, length: int, period: int) -> Interval:
    """The smallest crop that holds an interval and keeps the phase of both ends of the image.

    Its start is a multiple of the period, and so is its distance to the end: odd sizes, and
    padding that depends on the input's size, come out as on the whole image.

    >>> aligned((21, 40), 227, 16)
    (16, 51)
    """
    low, high = interval
    return low // period * period, length - (length - high) // period * period
