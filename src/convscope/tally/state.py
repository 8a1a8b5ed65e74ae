"""The state of a pass: what has been counted so far, and how two counts become one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.tally import topk
from convscope.tally.histogram import SIDE
from convscope.tally.plan import Plan
from convscope.tally.topk import TopK

NOTED = 20
"""Most places of non-finite activations kept for messages."""

_RULES = {"add": np.add, "max": np.maximum, "min": np.minimum, "or": np.logical_or}

_TOP, _MAX, _MIN, _OR, _ADD = ({"merge": rule} for rule in ("top", "max", "min", "or", "add"))


@dataclass
class State:
    """One row a unit, in the plan's order; every array says in its field how it merges."""

    top: TopK = field(metadata=_TOP)
    bottom: TopK = field(metadata=_TOP)
    """Of the signed layers' units only, in the plan's order."""
    maximum: NDArray[np.float32] = field(metadata=_MAX)
    minimum: NDArray[np.float32] = field(metadata=_MIN)
    """Plus infinity where a unit's layer is not signed."""
    least_peak: NDArray[np.float32] = field(metadata=_MIN)
    """The smallest of the images' maxima."""
    varied: NDArray[np.bool_] = field(metadata=_OR)
    """Whether some image's cells were not all equal."""
    total: NDArray[np.float64] = field(metadata=_ADD)
    """Sum over all finite cells."""
    cells: NDArray[np.int64] = field(metadata=_ADD)
    """Finite cells."""
    images: NDArray[np.int64] = field(metadata=_ADD)
    """Images with at least one finite cell."""
    fired: NDArray[np.int64] = field(metadata=_ADD)
    """Images whose maximum exceeds 0."""
    nonfinite: NDArray[np.int64] = field(metadata=_ADD)
    """Cells that were NaN or infinite."""
    sampled: NDArray[np.int64] = field(metadata=_ADD)
    """Finite cells that the sampled statistics saw; likewise the five below."""
    sampled_total: NDArray[np.float64] = field(metadata=_ADD)
    sampled_squares: NDArray[np.float64] = field(metadata=_ADD)
    sampled_positive: NDArray[np.int64] = field(metadata=_ADD)
    sampled_negative: NDArray[np.int64] = field(metadata=_ADD)
    magnitudes: NDArray[np.int64] = field(metadata=_ADD)
    """``(units, 2, SIDE)``, for ``histogram.assemble``."""
    saturated: NDArray[np.int64] = field(metadata=_ADD)
    """Sampled cells beyond the bounds of the layer."""
    local_total: NDArray[np.float64] = field(metadata=_ADD)
    """Sum over images of the share of cells that are active, where any is."""
    local_images: NDArray[np.int64] = field(metadata=_ADD)
    """Images with an active sampled cell."""
    crossed: NDArray[np.int64] = field(metadata=_ADD)
    """``(layers,)``: cells whose channels were multiplied with each other."""
    crossed_total: NDArray[np.float64] = field(metadata=_ADD)
    """Per unit: sum over those cells."""
    products: NDArray[np.float64] = field(metadata=_ADD)
    """Sums over those cells of the product of each two channels of a layer (``Plan.triangles``)."""
    class_total: NDArray[np.float64] = field(metadata=_ADD)
    """``(classes, units)``: sum of the images' maxima."""
    class_images: NDArray[np.int64] = field(metadata=_ADD)
    """``(classes,)``: images with that label."""
    class_missing: NDArray[np.int64] = field(metadata={"merge": "missing"})
    """Rows ``(class, unit, images)``: images of a class without one finite cell in a unit."""
    noted: NDArray[np.int64] = field(metadata={"merge": "first"})
    """Rows ``(image, layer index, cells)``: the first non-finite activations."""


def empty(plan: Plan) -> State:
    """Nothing counted."""
    n, kept = plan.units, plan.units if plan.sampled else 0
    healthy = plan.units if plan.health else 0
    return State(
        top=topk.empty(n, plan.top),
        bottom=topk.empty(int(plan.signed.sum()), plan.top),
        maximum=np.full(n, -np.inf, np.float32),
        minimum=np.full(n, np.inf, np.float32),
        least_peak=np.full(n, np.inf, np.float32),
        varied=np.zeros(n, np.bool_),
        total=np.zeros(n),
        cells=np.zeros(n, np.int64),
        images=np.zeros(n, np.int64),
        fired=np.zeros(n, np.int64),
        nonfinite=np.zeros(n, np.int64),
        sampled=np.zeros(kept, np.int64),
        sampled_total=np.zeros(kept),
        sampled_squares=np.zeros(kept),
        sampled_positive=np.zeros(kept, np.int64),
        sampled_negative=np.zeros(kept, np.int64),
        magnitudes=np.zeros((kept, 2, SIDE), np.int64),
        saturated=np.zeros(healthy, np.int64),
        local_total=np.zeros(healthy),
        local_images=np.zeros(healthy, np.int64),
        crossed=np.zeros(len(plan.layers) if plan.health else 0, np.int64),
        crossed_total=np.zeros(healthy),
        products=np.zeros(plan.triangles[-1]),
        class_total=np.zeros((plan.classes, n)),
        class_images=np.zeros(plan.classes, np.int64),
        class_missing=np.zeros((0, 3), np.int64),
        noted=np.zeros((0, 3), np.int64),
    )


def merge(a: State, b: State) -> State:
    """What both have counted; ``a``'s images come before ``b``'s.

    Associative and commutative in all whole numbers and kept cells; the float64 sums are added
    in the order given, so shards are merged in list order.
    """
    merged: dict[str, Any] = {}
    for column in fields(State):
        both = getattr(a, column.name), getattr(b, column.name)
        merged[column.name] = _merged(column.metadata["merge"], *both)
    return State(**merged)


def _merged(rule: str, a: Any, b: Any) -> Any:
    if rule == "top":
        return topk.merge(a, b)
    if rule == "missing":
        return summed_rows(np.concatenate([a, b]))
    if rule == "first":
        return first_rows(np.concatenate([a, b]))
    return _RULES[rule](a, b)


def summed_rows(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """One row for each pair of the first two columns, the third added up."""
    pairs, place = np.unique(rows[:, :2], axis=0, return_inverse=True)
    count = np.zeros(len(pairs), np.int64)
    np.add.at(count, place.ravel(), rows[:, 2])
    return np.column_stack([pairs, count])


def first_rows(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first ``NOTED`` rows, by image and layer."""
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))][:NOTED]


def to_arrays(state: State) -> dict[str, NDArray[Any]]:
    """The state as named arrays, to be written to a file."""
    arrays: dict[str, NDArray[Any]] = {}
    for column in fields(State):
        part = getattr(state, column.name)
        if isinstance(part, TopK):
            arrays.update({f"{column.name}.{f.name}": getattr(part, f.name) for f in fields(TopK)})
        else:
            arrays[column.name] = part
    return arrays


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> State:
    """The state that ``to_arrays`` took apart."""
    columns: dict[str, Any] = {name: array for name, array in arrays.items() if "." not in name}
    columns |= {
        side: TopK(**{f.name: arrays[f"{side}.{f.name}"] for f in fields(TopK)})
        for side in ("top", "bottom")
    }
    return State(**columns)
