"""Filters that outweigh the others of their layer.

Source: Zeiler & Fergus 2013, sec. 3 and Fig. 6 (a): without renormalization "a few of [the first
layer's filters] dominate". The measure is a filter's root mean square over its layer's median.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def filter_rms(weights: NDArray[Any]) -> NDArray[np.float64]:
    """(C,) root mean square of filters (C, c, kh, kw), the size that renormalization limits.

    >>> filter_rms(np.array([[[[3.0, 4.0]]]])).round(6).tolist()
    [3.535534]
    """
    flat = np.asarray(weights, np.float64).reshape(len(weights), -1)
    return np.asarray(np.sqrt(np.square(flat).mean(axis=1)))


def dominance(weights: NDArray[Any]) -> NDArray[np.float64]:
    """(C,) each filter's `filter_rms` over the median of the layer's.

    NaN where the filter is not finite, or where the median of the finite ones is 0.

    >>> dominance(np.array([1.0, 2.0, 8.0]).reshape(3, 1, 1, 1)).tolist()
    [0.5, 1.0, 4.0]
    """
    size = filter_rms(weights)
    finite = size[np.isfinite(size)]
    middle = float(np.median(finite)) if len(finite) else 0.0
    return np.where(np.isfinite(size), size, np.nan) / (middle or np.nan)
