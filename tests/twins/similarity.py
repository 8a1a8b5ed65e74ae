"""The slow twin of `similarity`: Spearman's correlation, counted out pair by pair in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def spearman(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Pearson's correlation of ranks, a rank being how many are smaller, equal ones half."""
    r, s = (_ranks(np.abs(np.asarray(p, np.float64)).max(axis=0).ravel()) for p in (one, other))
    mean = (len(r) - 1) / 2
    top = sum((a - mean) * (b - mean) for a, b in zip(r, s, strict=True))
    bottom = sum((a - mean) ** 2 for a in r) * sum((b - mean) ** 2 for b in s)
    return float(top / bottom**0.5)


def _ranks(values: NDArray[np.float64]) -> list[float]:
    return [
        sum(1.0 for w in values if w < v) + (sum(1.0 for w in values if w == v) - 1) / 2
        for v in values
    ]
