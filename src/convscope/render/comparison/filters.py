"""The first filters of a network on one plate, as large as a column allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.render.canvas import Canvas
from convscope.render.filters import common_gain, grown
from convscope.render.gain import equal_contrast, paint
from convscope.render.lettering import length
from convscope.render.plate import PADDING, SIZE, Plate, numbered
from convscope.render.resize import square
from convscope.render.tile import Pixels

GAP = 3
LARGEST, TALLEST = 56, 330
"""Pixels that one filter, and the plate, may take."""


@dataclass(frozen=True)
class Fit:
    """How filters lie on a plate."""

    factor: int
    """Whole, so that every weight is a square."""
    across: int


def fit(count: int, side: int, wide: int) -> Fit:
    """The largest whole factor at which so many filters of this side fit, in the fullest rows.

    >>> fit(48, 7, 440), fit(96, 11, 440), fit(16, 3, 440)
    (Fit(factor=7, across=8), Fit(factor=3, across=12), Fit(factor=18, across=4))
    """
    for factor in range(max(1, LARGEST // side), 1, -1):
        step = side * factor + GAP
        most = _most(wide, step)
        if -(-count // most) * step <= TALLEST:
            fits = (n for n in range(most, 0, -1) if -(-count // n) * step <= TALLEST)
            return Fit(factor, min(fits, key=lambda n: -count % n))
    return Fit(1, _most(wide, side + GAP))


def _most(wide: int, step: int) -> int:
    return max(1, (wide - 2 * PADDING + GAP) // step)


def filter_plate(filters: NDArray[Any], wide: int, *, is_own: bool) -> Canvas:
    """All filters (C, c, kh, kw) in their order; zero is the ground.

    Args:
        filters: of one layer.
        wide: pixels that the plate may take.
        is_own: each to its own contrast; else all to that of the largest weight.
    """
    count, side = len(filters), max(filters.shape[2:])
    label = round(length(f"{count:,}", SIZE)) + 6
    found = fit(count, side, wide - label)
    gain: Callable[[NDArray[Any]], float] = equal_contrast
    if not is_own:
        one = common_gain(filters)
        gain = lambda _: one  # noqa: E731 beside what it stands for

    def tile(place: int) -> Pixels:
        whole = square(filters[place])
        return grown(paint(whole, gain(whole)), found.factor)

    plate = Plate(count, side * found.factor, side * found.factor, found.across, GAP)
    rows = [f"{first:,}" for first in range(0, count, found.across)]
    names = [f"+{i}" if len(rows) > 1 else f"{i}" for i in range(found.across)]
    return numbered(plate, plate.laid(tile), rows if len(rows) > 1 else [" "], names)


def largest(filters: NDArray[Any]) -> float:
    """The largest finite weight, either sign: full scale of the common plate."""
    finite = filters[np.isfinite(filters)]
    return float(np.abs(finite).max(initial=0))
