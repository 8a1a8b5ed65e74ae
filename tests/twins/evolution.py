"""What an evolution measures, written plainly: loops over channels and cells, float64."""

from __future__ import annotations

from typing import Any

import numpy as np


def jaccard(one: Any, other: Any) -> float:
    a, b = ({int(i) for i in row if i >= 0} for row in (one, other))
    return len(a & b) / len(a | b) if a | b else float("nan")


def mean_overlap(one: Any, other: Any) -> float:
    """Of all channels, (C, k) numbers of images each."""
    found = [jaccard(a, b) for a, b in zip(one, other, strict=True)]
    known = [value for value in found if value == value]
    return sum(known) / len(known)


def cosine(one: Any, other: Any) -> float:
    dot = size_a = size_b = 0.0
    for a, b in zip(np.ravel(one).tolist(), np.ravel(other).tolist(), strict=True):
        dot, size_a, size_b = dot + a * b, size_a + a * a, size_b + b * b
    if size_a == 0 and size_b == 0:
        return float("nan")
    return dot / (size_a * size_b) ** 0.5 if size_a * size_b > 0 else 0.0


def settled(row: Any, alike: float) -> int:
    for place in range(len(row) - 1):
        if all(value >= alike for value in row[place:-1]):
            return place
    return -1
