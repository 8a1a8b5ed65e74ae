"""Which layers look trained, which have begun, and which are no more than noise."""

from __future__ import annotations

import numpy as np

from convscope.doctor.evidence import Evidence
from convscope.doctor.thresholds import THRESHOLDS
from convscope.results.health import LayerState

FEW = 8192
"""Weights; in a smaller layer without kernels of space a pattern may be there and no test see it:
four of SqueezeNet's eight narrow 1x1 layers show none, though it is well trained."""


def layer_states(evidence: Evidence) -> tuple[LayerState, ...]:
    """The state of every layer, from the structure of its own weights alone.

    ``noise``: neither singular values nor energies differ from a shuffle of the same weights.
    ``begun``: they do, yet nothing stands out far. (Not the share of energy that does: one singular
    value at the edge of chance is 5 % of a small layer and .3 % of a wide one.) A layer without
    weights of its own (a sum of branches) is ``unknown``, as is a small one that shows nothing.
    """
    return tuple(_state(evidence, layer) for layer in range(len(evidence.layers)))


def _state(evidence: Evidence, layer: int) -> LayerState:
    if not evidence.weights[layer] or np.isnan(evidence.values["prominence"][layer]):
        return "unknown"
    if not has_pattern(evidence, layer):
        return "unknown" if _is_blunt(evidence, layer) else "noise"
    is_strong = evidence.values["prominence"][layer] >= THRESHOLDS["prominence"].value
    return "trained" if is_strong else "begun"


def _is_blunt(evidence: Evidence, layer: int) -> bool:
    """Whether the tests have too little to see a pattern by: few weights, and none side by side."""
    return bool(evidence.weights[layer] < FEW and np.isnan(evidence.values["noise"][layer]))


def has_pattern(evidence: Evidence, layer: int) -> bool:
    """Whether chance alone would not order a layer's weights so."""
    return order_of(evidence, layer) >= THRESHOLDS["structure_z"].value


def order_of(evidence: Evidence, layer: int) -> float:
    """How far the most telling of `TESTS` is above the same weights in a random order."""
    return float(np.nanmax([*(evidence.values[name][layer] for name in TESTS), -np.inf]))


TESTS = ("structure_z", "evenness_z", "dispersion_z")
"""The largest singular value, the effective rank, and the energies, each against shuffles."""
