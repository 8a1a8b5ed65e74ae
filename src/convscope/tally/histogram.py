"""The fixed bins of every histogram: half octaves of the magnitude, by sign, with a bin for zero.

Bins need no pass to find a range, so they merge by adding. The exponent of a float32's square is
its half octave (edges 2^(k/2)), so binning is one product and a shift of bits. ``codes`` here is
the plain twin of what ``update`` does on the network's tensors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOW, HIGH = -24, 24
"""Exponents of 2: magnitudes below 2^LOW share a bin, and so do those from 2^HIGH up."""

SHIFT = 23
"""Bits of a float32 below its exponent."""

FIRST = 2 * LOW + 127
"""The bits of the square of 2^LOW, shifted."""

LAST = 2 * HIGH + 127
"""The same of 2^HIGH."""

SIDE = LAST - FIRST + 2
"""Bins of one sign, the one below 2^LOW and the one from 2^HIGH up included."""

BINS = 2 * SIDE + 1

ZERO = SIDE
"""The bin of cells that are exactly zero."""


def edges() -> NDArray[np.float64]:
    """``(BINS + 1,)`` in rising order; the bin of zero lies between two edges of 0.

    >>> edges()[ZERO - 1 : ZERO + 4].tolist() == [-(2.0**-24), 0, 0, 2**-24, _root(-47)]
    True
    """
    inner = np.array([_root(power) for power in range(2 * LOW, 2 * HIGH + 1)])
    side = np.concatenate([[0.0], inner, [np.inf]])
    return np.concatenate([-side[::-1], side]) + 0.0


def _root(power: int) -> float:
    """The smallest float32 whose square, in float32, reaches 2^power."""
    near = np.float32(2.0 ** (power / 2))
    below = np.nextafter(near, np.float32(0))
    return float(
        next(x for x in (below, near, np.nextafter(near, near * 2)) if x * x >= 2.0**power)
    )


def codes(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """The bin of each value.

    >>> (codes(np.array([-1.0, 0.0, 1.0, 1.4, 1.42], np.float32)) - ZERO).tolist()
    [-50, 0, 50, 50, 51]
    """
    with np.errstate(over="ignore", under="ignore"):
        bits = (values * values).view(np.int32).astype(np.int64)
    magnitude = np.clip(bits >> SHIFT, FIRST - 1, LAST) - FIRST + 2
    found: NDArray[np.int64] = ZERO + np.sign(values).astype(np.int64) * magnitude
    return found


def assemble(
    raw: NDArray[np.int64],
    cells: NDArray[np.int64],
    positive: NDArray[np.int64],
    negative: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Full histograms ``(units, BINS)`` from counts that mixed zero with the tiny magnitudes.

    ``raw`` is ``(units, 2, SIDE)``: magnitudes of cells with the sign bit clear and set; their
    first bins, which also hold zeros and padding, are found from the numbers of cells instead.
    """
    up, down = raw[:, 0].copy(), raw[:, 1].copy()
    up[:, 0] = positive - up[:, 1:].sum(axis=1)
    down[:, 0] = negative - down[:, 1:].sum(axis=1)
    zero = cells - positive - negative
    return np.concatenate([down[:, ::-1], zero[:, None], up], axis=1)
