"""Add a batch of activations to a state, a layer at a time, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.errors import ForwardError
from convscope.tally import topk
from convscope.tally.plan import LayerPlan, Plan
from convscope.tally.readings import Side, as_maps, locate, read, spread_out
from convscope.tally.sample import Sample, sample
from convscope.tally.state import State, first_rows, summed_rows
from convscope.tally.topk import Cells
from convscope.tally.vitals import Vitals
from convscope.tally.waiting import Waiting

FLAT = 2e-6
"""Relative rounding of a float32 sum: a mean this near the maximum is that of equal cells."""


class Batch:
    """One batch under way: nothing reaches the state before ``commit``.

    A cell that does not exceed the ``floors`` (the worst cells kept so far, of this shard or of
    earlier ones) is not searched for: it could not survive the merge.
    """

    def __init__(
        self,
        plan: Plan,
        names: Sequence[str],
        images: NDArray[np.int64],
        floors: tuple[NDArray[np.float32], NDArray[np.float32]],
    ) -> None:
        """Expect ``images`` (numbers, rising), possibly with padding after them.

        ``names`` are the layers', for messages; ``floors`` are keys per unit, and per signed unit.
        """
        self.plan, self.names, self.images, self.floors = plan, names, images, floors
        count, low = len(images), len(floors[1])
        self.peak = np.full((count, plan.units), -np.inf, np.float32)
        self.trough = np.full((count, low), -np.inf, np.float32)  # keys: activations negated
        self.total = np.zeros((count, plan.units))
        self.bad = np.zeros((count, plan.units), np.int64)
        self.samples: dict[int, Sample] = {}
        self.found: tuple[list[Cells], list[Cells]] = [], []
        self.ran: set[int] = set()

    def see(self, index: int, x: torch.Tensor) -> None:
        """Read the index-th layer's activation; it may be overwritten afterwards.

        Raises:
            ForwardError: its shape is not the planned one.
        """
        layer, units, count = self.plan.layers[index], self.plan.span(index), len(self.images)
        maps = as_maps(x, layer, self.names[index])
        reading = read(maps, layer.signed)
        self.total[:, units] = reading.total[:count]
        if reading.bad is not None:
            self.bad[:, units] = reading.bad[:count]
        self._keep(0, units, reading.top, layer)
        if reading.bottom is not None:
            first = int(self.plan.signed[: units.start].sum())
            self._keep(1, slice(first, first + layer.channels), reading.bottom, layer)
        if self.plan.sampled:
            clean = reading.bad is None
            self.samples[index] = sample(maps, self.plan, index, self.images, clean)
        self.ran.add(index)

    def _keep(self, which: int, units: slice, side: Side, layer: LayerPlan) -> None:
        """Note a side's peaks, and search for the cells that may enter the ranking."""
        peak, floor = side.peak[: len(self.images)], self.floors[which][units]
        (self.peak, self.trough)[which][:, units] = peak
        n, c = np.nonzero(peak > floor)
        if not len(n):
            return
        if self.plan.per_image == 1:
            cells = [(peak[n, c], *locate(side, n, c))]
        else:
            cells = spread_out(side, n, c, self.plan.per_image, layer.gap)
        for key, y, x in cells:
            kept = key > floor[c]
            found = (c + units.start)[kept], key[kept], self.images[n[kept]], y[kept], x[kept]
            self.found[which].append(Cells(*found))

    def commit(self, state: State, labels: Sequence[int | None], waiting: Waiting) -> None:
        """Add the whole batch to the state, image by image; ``labels`` are class numbers.

        Cells to be multiplied go to those that are ``waiting``, in no product before its end.

        Raises:
            ForwardError: a layer was not run.
        """
        for index, name in enumerate(self.names):
            if index not in self.ran:
                raise ForwardError(
                    f"{name} did not run for this batch, though it did in the network's first "
                    "run. A pass needs a network that runs the same ops for every image."
                )
        for side, found in zip((state.top, state.bottom), self.found, strict=True):
            if found:
                topk.update(side, _joined(found))
        _add_totals(self, state)
        _add_classes(self, state, labels)
        if self.plan.sampled:
            _add_samples(self, state)
        if self.plan.health:
            _add_vitals(self, state, waiting)


def _joined(found: list[Cells]) -> Cells:
    names = ("unit", "key", "image", "y", "x")
    return Cells(*(np.concatenate([getattr(cells, name) for cells in found]) for name in names))


def _add_totals(batch: Batch, state: State) -> None:
    """Maxima, sums and counts over every cell; arrays are ``(n, units)``."""
    cells = batch.plan.map_cells - batch.bad
    alive = cells > 0
    np.maximum(state.maximum, batch.peak.max(axis=0), out=state.maximum)
    least = np.where(alive, batch.peak, np.inf).min(axis=0)
    np.minimum(state.least_peak, least, out=state.least_peak)
    state.minimum[batch.plan.signed] = np.minimum(
        state.minimum[batch.plan.signed], (0 - batch.trough).min(axis=0)
    )
    state.varied |= _varied(batch, cells, alive)
    for total in batch.total:  # image order: these sums are not associative
        state.total += total
    state.cells += cells.sum(axis=0)
    state.images += alive.sum(axis=0)
    state.fired += (batch.peak > 0).sum(axis=0)
    state.nonfinite += batch.bad.sum(axis=0)
    state.noted = first_rows(np.concatenate([state.noted, _noted(batch)]))


def _varied(batch: Batch, cells: NDArray[Any], alive: NDArray[Any]) -> NDArray[np.bool_]:
    """Per unit: whether some map's cells were not all equal."""
    peak = np.where(alive, batch.peak, np.float32(0))
    differs = abs(batch.total - cells * peak) > FLAT * cells * abs(peak)
    signed = batch.plan.signed
    differs[:, signed] = alive[:, signed] & (batch.trough != -peak[:, signed])
    found: NDArray[np.bool_] = differs.any(axis=0)
    return found


def _noted(batch: Batch) -> NDArray[np.int64]:
    """Rows ``(image, layer index, cells)`` of the non-finite activations."""
    if not batch.bad.any():
        return np.zeros((0, 3), np.int64)
    by_layer = np.add.reduceat(batch.bad, batch.plan.offsets[:-1], axis=1)
    n, layer = np.nonzero(by_layer)
    return np.column_stack([batch.images[n], layer, by_layer[n, layer]])


def _add_classes(batch: Batch, state: State, labels: Sequence[int | None]) -> None:
    gone = np.isneginf(batch.peak)
    for label, peak, without in zip(labels, batch.peak, gone, strict=True):
        if label is None:
            continue
        state.class_total[label] += np.where(without, 0, peak) if without.any() else peak
        state.class_images[label] += 1
        if without.any():
            rows = [(label, unit, 1) for unit in np.flatnonzero(without)]
            state.class_missing = summed_rows(
                np.concatenate([state.class_missing, np.array(rows, np.int64)])
            )


def _add_samples(batch: Batch, state: State) -> None:
    parts = [batch.samples[index] for index in range(len(batch.names))]
    for index, part in enumerate(parts):
        units = batch.plan.span(index)
        state.sampled[units] += part.cells.sum(axis=0)
        state.sampled_positive[units] += part.positive
        state.sampled_negative[units] += part.negative
        state.magnitudes[units, : part.histogram.shape[1]] += part.histogram
    for sums, name in ((state.sampled_total, "total"), (state.sampled_squares, "squares")):
        for row in np.concatenate([getattr(part, name) for part in parts], axis=1):
            sums += row  # image order, as above


def _add_vitals(batch: Batch, state: State, waiting: Waiting) -> None:
    parts = [_vitals(batch.samples[index]) for index in range(len(batch.names))]
    for index, part in enumerate(parts):
        state.saturated[batch.plan.span(index)] += part.saturated
    local = np.concatenate([part.locality for part in parts], axis=1)
    for row in local:
        state.local_total += row  # image order, as above
    state.local_images += (local > 0).sum(axis=0)
    waiting.add(state, [part.picked for part in parts])


def _vitals(sample: Sample) -> Vitals:
    if sample.vitals is None:
        raise TypeError("health was planned and not looked at")
    return sample.vitals
