"""How fine the structure of filters is: their energy by spatial frequency, and one score of noise.

Source: Zeiler & Fergus 2013, sec. 4.1 and Fig. 6: the first filters of Krizhevsky et al. are "a mix
of extremely high and low frequency information, with little coverage of the mid frequencies";
cs231n: noisy filters tell of too little training or regularization. The arithmetic is that of
`convscope.methods.spectrum`, so that no filter has one score here and another on its sheet.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.methods import spectrum as of

LEAST = 3
"""Kernels smaller than this on a side have no frequencies to speak of: 0 and the highest."""


def filter_spectrum(weights: NDArray[Any]) -> NDArray[np.float64]:
    """(C, kh, kw) energy of filters (C, c, kh, kw) at each frequency, zero frequency first.

    ``|F(u, v)|^2`` summed over the input channels, without padding or window, so that a pure cosine
    has all of it in its bin. The mean is kept: it is the lowest frequency.

    >>> x = np.arange(8)
    >>> wave = np.cos(2 * np.pi * 3 * x / 8)
    >>> np.flatnonzero(filter_spectrum(wave[None, None, None])[0, 0] > 1e-9).tolist()
    [3, 5]
    """
    with np.errstate(invalid="ignore", over="ignore"):  # of what is not finite
        return of.energy(weights)


def bands(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C, 3) share of `filter_spectrum` in the low, middle and high third of the way to Nyquist.

    By radius; the corners beyond it are high. NaN for filters without space, of zeros alone, or not
    finite.

    >>> bands(filter_spectrum(np.ones((1, 1, 3, 3)))).tolist()
    [[1.0, 0.0, 0.0]]
    """
    return of.shares(power)


def white_bands(height: int, width: int) -> NDArray[np.float64]:
    """(3,) what `bands` expects of independent random weights of this size.

    >>> white_bands(5, 5).round(2).tolist()
    [0.04, 0.32, 0.64]
    """
    return np.asarray(of.shares(np.ones((1, height, width)))[0])


def noise(weights: NDArray[Any]) -> NDArray[np.float64]:
    """(C,) mean frequency of each filter over that of white noise of its size.

    0 for a constant, 1 expected of independent random weights, above 1 where neighbors differ in
    sign. NaN for kernels smaller than 3 x 3, of zeros alone, or not finite.

    >>> noise(np.ones((1, 1, 3, 3))).tolist(), noise(np.ones((1, 4, 1, 1))).tolist()
    ([0.0], [nan])
    """
    if min(weights.shape[2:]) < LEAST:
        return np.full(len(weights), np.nan)
    with np.errstate(invalid="ignore"):
        return of.noise(filter_spectrum(weights))
