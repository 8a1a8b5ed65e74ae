"""Filters that are the same but for their size: which other filter each is most like.

Two filters of one layer with a cosine of 1 give maps that differ by a factor (and a bias): one of
the two is a duplicate. A cosine of -1 is no duplicate: the rectifier after it keeps the other half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 256
"""Rows of the table of cosines in memory at one time."""


@dataclass(frozen=True)
class Likeness:
    """Of each filter the other filter that points most nearly its way."""

    twin: NDArray[np.int64]
    """(C,) its number; -1: none that reads the same input, or the filter has no direction."""
    cosine: NDArray[np.float64]
    """(C,) of the angle between the two, -1 to 1; NaN where there is no twin."""


def likeness(weights: NDArray[Any], groups: int = 1) -> Likeness:
    """The nearest other filter of each of (C, c, kh, kw), by the cosine between them.

    Args:
        weights: the filters.
        groups: of the convolution; only filters of one group read the same input and are compared.

    >>> rows = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]).reshape(3, 2, 1, 1)
    >>> found = likeness(rows)
    >>> found.twin.tolist(), found.cosine.tolist()
    ([2, 0, 0], [1.0, 0.0, 1.0])
    """
    count = len(weights)
    twin, cosine = np.full(count, -1, np.int64), np.full(count, np.nan)
    each = count // groups
    for first in range(0, count, each):
        rows = slice(first, first + each)
        twin[rows], cosine[rows] = _nearest(np.asarray(weights[rows], np.float64), first)
    return Likeness(twin, cosine)


def _nearest(weights: NDArray[np.float64], first: int) -> tuple[Any, Any]:
    """Of the filters of one group, counted from ``first``."""
    flat = weights.reshape(len(weights), -1)
    size = np.sqrt(np.square(flat).sum(axis=1))
    known = np.isfinite(size) & (size > 0)
    unit = np.where(known[:, None], flat, 0) / np.where(known, size, 1)[:, None]
    twin, cosine = np.full(len(flat), -1, np.int64), np.full(len(flat), np.nan)
    if known.sum() < 2:
        return twin, cosine
    for top in range(0, len(flat), _AT_ONCE):
        table = unit[top : top + _AT_ONCE] @ unit.T
        table[:, ~known] = -np.inf
        own = np.arange(len(table))
        table[own, top + own] = -np.inf
        best = table.argmax(axis=1)
        here = known[top : top + _AT_ONCE]
        twin[top : top + _AT_ONCE][here] = first + best[here]
        cosine[top : top + _AT_ONCE][here] = np.clip(table[own, best][here], -1, 1)
    return twin, cosine
