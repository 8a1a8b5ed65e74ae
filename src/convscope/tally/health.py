"""From a state to a layer's health: what each channel is like, how local, how often at a bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.tally.finish import share
from convscope.tally.likeness import (
    FEW,
    NONE,
    active_cells,
    correlation,
    effective_rank,
    moments,
    twins,
)
from convscope.tally.plan import Plan
from convscope.tally.state import State


@dataclass(frozen=True)
class LayerHealth:
    """One layer's, by channel where nothing else is said."""

    twin: NDArray[np.int32]
    """-1 where a channel did not vary, or in too few cells, or nothing was compared."""
    twin_correlation: NDArray[np.float32]
    """NaN there."""
    locality: NDArray[np.float64]
    """NaN where no cell looked at was positive."""
    saturated: NDArray[np.float64]
    """NaN where no cell looked at was finite."""
    samples: int
    """Cells by which channels were compared; 0: they were not."""
    effective_rank: float
    """Of the layer; NaN where no channel varied, or nothing was compared."""


def layer_health(plan: Plan, state: State, index: int) -> LayerHealth:
    """Read one layer off; the state is left as it is."""
    span, channels = plan.span(index), plan.layers[index].channels
    twin, likeness = np.full(channels, NONE, np.int32), np.full(channels, np.nan, np.float32)
    rank = float("nan")
    if plan.crossed[index]:
        covariance, moves = moments(plan, state, index)
        rank = effective_rank(covariance[np.ix_(moves, moves)])
        enough = active_cells(plan, state, index) >= FEW
        twin, likeness = twins(correlation(covariance, moves & enough))
    return LayerHealth(
        twin=twin,
        twin_correlation=likeness,
        locality=share(state.local_total[span], state.local_images[span]),
        saturated=share(state.saturated[span], state.sampled[span]),
        samples=int(state.crossed[index]),
        effective_rank=rank,
    )
