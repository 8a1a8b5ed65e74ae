"""Weights at hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.methods.spectrum import energy, noise, shares
from convscope.results.weights import Weights


def made(filters: Any, **changed: Any) -> Weights:
    """A result with these filters (C, c, kh, kw), of the first layer unless it is said."""
    filters = np.asarray(filters, np.float32)
    count = len(filters)
    flat = filters.reshape(count, -1).astype(np.float64)
    given: dict[str, Any] = {
        "filters": filters,
        "layer": "features.0",
        "op": "conv",
        "source": "",
        "groups": 1,
        "normalization": "",
        "gain": np.ones(count, np.float32),
        "bias": np.zeros(count, np.float32),
        "norm": np.sqrt(np.square(flat).sum(axis=1)),
        "rms": np.sqrt(np.square(flat).mean(axis=1)),
        "spectrum": shares(energy(filters)),
        "noise": noise(energy(filters)),
        "note": "",
        "provenance": {"method": "weights", "network": "a", "weights": "0123456789"},
    }
    return Weights(**(given | changed))
