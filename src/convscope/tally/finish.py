"""From a state to what people read: status, shares, means and spreads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.tally.histogram import assemble
from convscope.tally.plan import Plan
from convscope.tally.state import State


@dataclass(frozen=True)
class Summary:
    """One row a unit, in the plan's order; NaN where nothing was counted."""

    status: NDArray[np.str_]
    """``live``, ``dead``, ``constant`` or ``nonfinite``."""
    seen: NDArray[np.int64]
    nonfinite: NDArray[np.int64]
    maximum: NDArray[np.float32]
    minimum: NDArray[np.float32]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    fired_images: NDArray[np.float64]
    fired_cells: NDArray[np.float64]
    histogram: NDArray[np.int64]
    class_means: NDArray[np.float64]
    """``(units, classes)``."""


def finish(plan: Plan, state: State) -> Summary:
    """Read a state off; the state is left as it is."""
    none = state.images == 0
    sampled = _spread(state) if plan.sampled else (np.full(plan.units, np.nan),) * 2
    return Summary(
        status=status(plan, state),
        seen=state.images,
        nonfinite=state.nonfinite,
        maximum=np.where(none, np.float32(np.nan), state.maximum),
        minimum=np.where(none | ~plan.signed, np.float32(np.nan), state.minimum),
        mean=share(state.total, state.cells),
        std=sampled[0],
        fired_images=share(state.fired, state.images),
        fired_cells=sampled[1],
        histogram=assemble(
            state.magnitudes, state.sampled, state.sampled_positive, state.sampled_negative
        ),
        class_means=_class_means(plan, state),
    )


def status(plan: Plan, state: State) -> NDArray[np.str_]:
    """What is the matter with each unit, the gravest first.

    ``nonfinite``: some of its cells were NaN or infinite. ``dead``: a rectified unit, or one that
    ReLU6 reads, that never exceeded 0. ``constant``: all its cells on all images had one value (to
    the rounding of a float32 sum), as with zero weights and a positive bias. Else ``live``.
    """
    rules = [
        state.nonfinite > 0,
        plan.rectified & (state.maximum <= 0),
        ~state.varied & (state.least_peak == state.maximum),
    ]
    return np.select(rules, ["nonfinite", "dead", "constant"], "live")


def _spread(state: State) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean = share(state.sampled_total, state.sampled)
    variance = share(state.sampled_squares, state.sampled) - mean**2
    return np.sqrt(np.maximum(variance, 0)), share(state.sampled_positive, state.sampled)


def _class_means(plan: Plan, state: State) -> NDArray[np.float64]:
    images = np.repeat(state.class_images[:, None], plan.units, axis=1)
    label, unit, missing = state.class_missing.T
    images[label, unit] -= missing
    return share(state.class_total, images).T


def share(part: NDArray[Any], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """``part / whole``, NaN where the whole is 0."""
    found: NDArray[np.float64] = np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
    return found
