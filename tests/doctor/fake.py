"""Evidence made up for tests: layers in a given state, answers as given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from convscope.doctor.channels import KINDS
from convscope.doctor.evidence import Evidence

CHANNELS = 20
_VALUES = {  # prominence, its z
    "trained": (1.4, 40.0),
    "begun": (1.05, 12.0),
    "noise": (1.0, 0.5),
    "unknown": (np.nan, np.nan),
}


def evidence(*layers: str, images: int = 500, dead: Sequence[int] = (), **changed: Any) -> Evidence:
    """A layer of 20 channels for each state, of which so many are ``dead``."""
    count = len(layers)
    values = {
        "prominence": np.array([_VALUES[state][0] for state in layers]),
        "structure_z": np.array([_VALUES[state][1] for state in layers]),
        "dispersion_z": np.zeros(count),
        "evenness_z": np.zeros(count),
        "noise": np.ones(count),
        "alias": np.full(count, np.nan),
        "dead": np.zeros(count),
    } | changed.pop("values", {})
    kinds = {kind: np.zeros(count * CHANNELS, bool) for kind in KINDS}
    for layer, some in enumerate(dead):
        kinds["dead"][layer * CHANNELS : layer * CHANNELS + some] = True
    given = {
        "layers": tuple(f"conv{i + 1}" for i in range(count)),
        "values": values,
        "floors": {name: np.zeros((2, count)) for name in values},
        "weights": np.array([0 if state == "unknown" else 10_000 for state in layers]),
        "channels": np.full(count, CHANNELS),
        "kinds": kinds,
        "images": images,
    }
    return Evidence(**(given | changed))
