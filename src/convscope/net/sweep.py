"""A sweep of occluders over one image: incremental where that is proved, whole forwards else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import ForwardError, TraceError
from convscope.geometry.ahead import Spans
from convscope.geometry.walk import IMAGE
from convscope.net.apart import is_apart
from convscope.net.base import Base
from convscope.net.capture import Capture, MemoryFormat
from convscope.net.full import activations
from convscope.net.incremental import Patch, Patches, See, run_vectors, run_windows
from convscope.net.net import Net
from convscope.net.tape import Op
from convscope.net.windows import Ints, Place, Plan, Reached, extent, reach
from convscope.progress import Progress, silent

Numbers = NDArray[np.float64]
_SHARES = {torch.float64: 1e-9, torch.float32: 1e-5}
"""How far incremental values may be from whole ones, as a share of the largest."""
VECTORS = 256
"""Positions whose fully connected layers are run together: reading their weights takes longest."""
CACHE = 4 << 20
"""Numbers in the largest window of a batch; more no longer fit the cache of a processor."""


@dataclass(frozen=True)
class Occluders:
    """Boxes of pixels and what covers them, (n,) of each."""

    boxes: Ints
    """(n, 4) y0, x0, y1, x1, clipped to the image."""
    fill: Callable[[int], NDArray[Any]]
    """What lies in a box, (c, height, width) in network-input units, by its number."""

    @property
    def rows(self) -> Spans:
        """The boxes along y."""
        return Spans(self.boxes[:, 0], self.boxes[:, 2])

    @property
    def columns(self) -> Spans:
        """The boxes along x."""
        return Spans(self.boxes[:, 1], self.boxes[:, 3])

    def cover(self, image: Tensor, some: Ints, place: Place) -> Tensor:
        """Windows (b, c, h, w) of an image (c, H, W) with the boxes covered."""
        made = image.new_empty(len(some), image.shape[0], place.height, place.width)
        for row, (number, y, x) in enumerate(zip(some, place.rows, place.columns, strict=True)):
            made[row] = image[:, y : y + place.height, x : x + place.width]
            y0, x0, y1, x1 = self.boxes[number]
            content = torch.as_tensor(self.fill(int(number)), dtype=image.dtype)
            made[row, :, y0 - y : y1 - y, x0 - x : x1 - x] = content
        return made.contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Sweep:
    """One image under a sweep, and who wants to see which ops of it."""

    net: Net
    base: Base
    occluders: Occluders
    reached: Reached
    see: Mapping[int, Sequence[See]]
    memory_format: MemoryFormat

    def run(
        self,
        some: Ints,
        method: Literal["auto", "incremental", "whole"],
        batch: int,
        progress: Progress,
        columns: Sequence[Numbers],
    ) -> str:
        """Run some positions; returns how they were computed.

        Args:
            some: which positions.
            method: ``auto`` is incremental, and whole where that fails or differs.
            batch: positions together; 0: what fits the cache.
            progress: called after each batch.
            columns: what is read, by position, for holding the two ways to each other.

        Raises:
            TraceError: ``incremental`` was asked for, and is not right on this network.
        """
        if method != "whole" and len(some):
            try:
                said = self._incremental(some, batch, progress)
                self._hold(some[[0, len(some) // 2, -1]], columns)
                return said
            except TraceError as error:
                if method == "incremental":
                    raise
                return f"{self._whole(some, batch, progress)} {error}"
        return self._whole(some, batch, progress)

    def _hold(self, some: Ints, columns: Sequence[Numbers]) -> None:
        """Hold what was computed incrementally to whole forwards, at three positions."""
        given = [column[some] for column in columns]
        self._whole(some, 0, silent)
        share = _SHARES.get(self.net.dtype, 0.05)
        for column, one in zip(columns, given, strict=True):
            largest = np.abs(column[some]).max(initial=0)
            if not (np.abs(column[some] - one) <= share * largest).all():
                far = np.abs(column[some] - one).max() / largest
                raise TraceError(
                    f"Incremental inference differs from a whole forward by {far:.1e} of the "
                    "largest value here, so it was not used."
                )
            column[some] = one

    def _incremental(self, some: Ints, batch: int, progress: Progress) -> str:
        done, left, wholes, waiting = 0, 0.0, [], []
        with self.net.hosted():
            for part in self._batches(some, batch):
                plan, found = self._windows(part)
                waiting.append((part, found))
                done, left = done + len(part), left + plan.macs * len(part)
                wholes.append(plan.whole_from)
                if sum(len(one) for one, _ in waiting) >= VECTORS or done == len(some):
                    self._vectors(waiting)
                    waiting.clear()
                progress(done, len(some), "occluding")
        share = left / max(self.reached.macs * len(some), 1)
        return _said([op for op in wholes if op is not None], share)

    def _windows(self, part: Ints) -> tuple[Plan, Patches]:
        plan = self.reached.plan(part)
        covered = self.occluders.cover(self.base.results[IMAGE][0], part, plan.places[IMAGE])
        return plan, run_windows(plan, self.base, part, covered, self.see)

    def _vectors(self, waiting: Sequence[tuple[Ints, Patches]]) -> None:
        plan = self.reached.plan(np.concatenate([part for part, _ in waiting]))
        run_vectors(plan, self.base, waiting, self.see)

    def _batches(self, some: Ints, batch: int) -> Iterator[Ints]:
        """Positions with windows of much the same size together: none is widened for others."""
        size = batch or max(CACHE // self.reached.plan(some).largest, 1)
        side = max(int(size**0.5), 1)
        rows, columns = (_ranked(costs[some]) // side for costs in self.reached.costs)
        order = np.lexsort((columns, rows))
        blocks = np.flatnonzero(np.diff(rows[order]) | np.diff(columns[order])) + 1
        for block in np.split(some[order], blocks):
            yield from np.array_split(block, -(-len(block) // size))

    def _whole(self, some: Ints, batch: int, progress: Progress) -> str:
        tape, alone = self.base.tape, not all(is_apart(self.net, number) for number in self.see)
        size = 1 if alone else batch or 8
        layers = [tape.layer(number) for number in sorted(self.see)]
        image, kind = self.base.results[IMAGE][0], self.memory_format
        capture = Capture(self.net, layers, kind)
        everywhere = np.zeros(len(some), np.int64)
        for start in range(0, len(some), size):
            part = some[start : start + size]
            nothing = everywhere[: len(part)]
            covered = self.occluders.cover(
                image, part, Place(nothing, nothing, *extent(tape, IMAGE))
            )

            def show(place: int, found: Tensor, part: Ints = part, nothing: Ints = nothing) -> None:
                layer = layers[place]
                where = Place(nothing, nothing, layer.height, layer.width)
                patch = Patch(_own(tape.ops[layer.number].axes, found), where)
                for see in self.see[layer.number]:
                    see(patch, part)

            capture.run(covered, show)
            progress(min(start + size, len(some)), len(some), "occluding")
        said = "Whole forwards, one for each position."
        return f"{said} One image at a time: in a batch they change each other." if alone else said


def _own(axes: str, found: Tensor) -> Tensor:
    """A layer as (n, c, h, w), back in its own layout."""
    order = [axis for axis in "nchw" if axis in axes]
    return found.permute([order.index(axis) for axis in axes])


def _said(wholes: Sequence[Op], share: float) -> str:
    part = f"{100 * share:.0f} % of the multiply-adds"
    if not wholes:
        return f"Incremental: only what the square changes was recomputed, {part}."
    first = min(wholes, key=lambda op: op.number)
    return f"Incremental up to {first.name} ({first.kind}), whole maps from there on: {part}."


Reading = tuple[int, Callable[[Base], See]]
"""The number of an op, and what makes its reader once the uncovered image was run."""


def _ranked(costs: NDArray[np.float64]) -> Ints:
    """Each position's place when the lines of a grid are put in the order of their costs."""
    return np.asarray(np.unique(costs, axis=0, return_inverse=True)[1], np.int64).reshape(-1)


def start_sweep(net: Net, image: Tensor, occluders: Occluders, readers: Sequence[Reading]) -> Sweep:
    """Run the uncovered image once and get ready.

    Args:
        net: the network.
        image: (1, c, h, w).
        occluders: where and what.
        readers: who reads which op.
    """
    tape, seen = net.tape(), dict.fromkeys(number for number, _ in readers)
    with net.hosted():
        reached = reach(tape, occluders.rows, occluders.columns, tuple(seen))
        results, memory_format = _uncovered(net, image, reached.order)
    base = Base(tape, {IMAGE: image} | results)
    see = {n: [made(base) for number, made in readers if number == n] for n in seen}
    return Sweep(net, base, occluders, reached, see, memory_format)


def _uncovered(
    net: Net, image: Tensor, order: Sequence[int]
) -> tuple[dict[int, Tensor], MemoryFormat]:
    """Activations of the image, channels-last unless the network takes it only contiguous."""
    try:
        given = image.contiguous(memory_format=torch.channels_last)
        return activations(net, net.tape(), given, order), "channels_last"
    except ForwardError:
        return activations(net, net.tape(), image.contiguous(), order), "contiguous"
