"""Which window of every op a sweep of occluders recomputes.

What each occluder changes is walked once for the whole sweep. The positions of a batch then have
windows of one size at an op; they lie inside the map, moved in from its border where the occluder
is near one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TraceError
from convscope.geometry.ahead import Spans, changed
from convscope.geometry.walk import IMAGE
from convscope.geometry.window import Window
from convscope.net.cone import is_even
from convscope.net.cost import multiply_adds
from convscope.net.tape import Op, Tape

Ints = NDArray[np.int64]

_SLIDING = frozenset("conv max_pool avg_pool getitem pad".split())


@dataclass(frozen=True)
class Place:
    """The windows of one op: where each position's starts, and their size."""

    rows: Ints
    """(n,) first row, for each position of the batch."""
    columns: Ints
    height: int
    width: int

    def is_at(self, other: Place) -> bool:
        """Whether two places are the same."""
        return (
            (self.height, self.width) == (other.height, other.width)
            and np.array_equal(self.rows, other.rows)
            and np.array_equal(self.columns, other.columns)
        )


@dataclass(frozen=True)
class Plan:
    """What some positions of a sweep recompute of each op."""

    tape: Tape
    order: tuple[int, ...]
    """The ops that are needed, in execution order."""
    places: Mapping[int, Place]
    """Of each op and of the image."""
    last_use: Mapping[int, int]
    """The last op that reads each."""

    @cached_property
    def maps(self) -> tuple[int, ...]:
        """The ops up to the last that reads a map."""
        reads = [any(self._has_space(s) for s in self.tape.ops[n].inputs) for n in self.order]
        last = max((place for place, is_map in enumerate(reads) if is_map), default=-1)
        return self.order[: last + 1]

    @cached_property
    def vectors(self) -> tuple[int, ...]:
        """The ops behind: vectors made of vectors."""
        return self.order[len(self.maps) :]

    def _has_space(self, number: int) -> bool:
        return extent(self.tape, number) != (1, 1)

    @property
    def whole_from(self) -> Op | None:
        """The first op with cells in space whose whole map is recomputed; None if there is none."""
        wide = (self.tape.ops[n] for n in self.order)
        return next((op for op in wide if _area(op) > 1 and self.is_whole(op.number)), None)

    def is_whole(self, number: int) -> bool:
        """Whether all of an op's map is recomputed."""
        place = self.places[number]
        return (place.height, place.width) == extent(self.tape, number)

    @property
    def largest(self) -> int:
        """Numbers in the largest window of one position."""
        sizes = ((self.tape.ops[n].channels, self.places[n]) for n in self.order)
        return max(channels * place.height * place.width for channels, place in sizes)

    @property
    def macs(self) -> float:
        """Multiply-adds of one position in convolutions and linear layers."""
        each = ((self.tape.ops[n], self.places[n]) for n in self.order)
        return sum(multiply_adds(op) * place.height * place.width / _area(op) for op, place in each)


@dataclass(frozen=True)
class Reached:
    """What each occluder of a sweep changes of every op, structurally."""

    tape: Tape
    order: tuple[int, ...]
    rows: Mapping[int, Spans]
    columns: Mapping[int, Spans]
    last_use: Mapping[int, int]

    def plan(self, some: Ints) -> Plan:
        """Windows of one size for some positions."""
        places = {number: self._place(number, some) for number in (IMAGE, *self.order)}
        return Plan(self.tape, self.order, places, self.last_use)

    def _place(self, number: int, some: Ints) -> Place:
        height, width = extent(self.tape, number)
        ys, tall = self.rows[number].fitted(some, height)
        xs, wide = self.columns[number].fitted(some, width)
        return Place(ys, xs, tall, wide)

    @property
    def costs(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(n, 2) of each axis: how much of the maps an occluder changes along it, and where it is.

        Weighed by multiply-adds, so that what is alike here takes alike long.
        """
        ops = [self.tape.ops[number] for number in self.order]

        def cost(spans: Mapping[int, Spans], axis: str) -> NDArray[np.float64]:
            parts = (
                multiply_adds(op) / op.length(axis) * (spans[op.number].high - spans[op.number].low)
                for op in ops
            )
            return np.stack([sum(parts), spans[IMAGE].low], 1)

        return cost(self.rows, "h"), cost(self.columns, "w")

    @property
    def macs(self) -> float:
        """Multiply-adds of a whole forward, as far as it is needed."""
        return sum(multiply_adds(self.tape.ops[n]) for n in self.order)


def reach(tape: Tape, rows: Spans, columns: Spans, wanted: Sequence[int]) -> Reached:
    """Walk the occluders of a sweep forward to the ops that are asked for.

    Args:
        tape: of the network on the whole image.
        rows: of the occluders, (n,), clipped to the image.
        columns: the same across.
        wanted: the ops whose results are asked for.
    """
    order = _needed(tape, wanted)
    slides = {number: is_windowed(tape, tape.ops[number]) for number in order}
    ys, xs = (changed(tape.graph(axis), s, slides) for axis, s in ((0, rows), (1, columns)))
    for spans in (ys, xs):
        _align(tape, order, slides, spans)
    last = {source: number for number in order for source in tape.ops[number].inputs}
    return Reached(tape, order, ys, xs, last)


def _align(
    tape: Tape, order: Sequence[int], slides: Mapping[int, bool], spans: dict[int, Spans]
) -> None:
    """Widen what only a sum or a joining reads to what that needs: cheaper than cutting it out."""
    for number in reversed(order):
        users = [user for user in tape.consumers[number] if user in slides]
        only = tape.ops[users[0]] if len(users) == 1 else None
        if only is not None and slides[number] and slides[only.number] and only.is_pointwise:
            spans[number] = spans[only.number]


def _needed(tape: Tape, wanted: Sequence[int]) -> tuple[int, ...]:
    found, pending = set(wanted), list(wanted)
    while pending:
        fresh = {s for s in tape.ops[pending.pop()].inputs if s != IMAGE} - found
        found |= fresh
        pending += fresh
    return tuple(sorted(found))


def extent(tape: Tape, number: int) -> tuple[int, int]:
    """Rows and columns of an op's map, or of the image; 1 by 1 for a vector."""
    if number == IMAGE:
        return tape.input_shape[2], tape.input_shape[3]
    return tape.ops[number].length("h"), tape.ops[number].length("w")


def is_windowed(tape: Tape, op: Op) -> bool:
    """Whether a window of an op can be computed from windows of its inputs."""
    indices = op.kind == "max_pool" and op.item
    if op.reaches is None or sorted(op.axes) != ["c", "h", "n", "w"] or indices:
        return False
    if op.is_pointwise:
        return True
    if op.kind not in _SLIDING or not all(isinstance(reach, Window) for reach in op.reaches):
        return False
    return op.kind != "avg_pool" or is_even(tape, op)


def _area(op: Op) -> int:
    return op.length("h") * op.length("w")


def refuse(op: Op, reason: Any) -> TraceError:
    """Why a sweep has to run the whole network instead."""
    return TraceError(f"{op.name} ({op.kind}) cannot be run by itself: {reason}")
