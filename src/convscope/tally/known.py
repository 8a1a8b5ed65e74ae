"""Means and medians of what is a number: of what was not measured there is NaN, which counts not.

In float64 whatever comes in, and without NumPy's warning where nothing is known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def mean_known(values: Any) -> float:
    """The mean of the finite ones; NaN where there are none.

    >>> mean_known([1.0, np.nan, 2.0]), mean_known([])
    (1.5, nan)
    """
    known = _known(values)
    return float(known.mean()) if len(known) else float("nan")


def median_known(values: Any) -> float:
    """The median of the finite ones; NaN where there are none.

    >>> median_known([1.0, np.nan, 2.0, 9.0]), median_known([np.nan])
    (2.0, nan)
    """
    known = _known(values)
    return float(np.median(known)) if len(known) else float("nan")


def _known(values: Any) -> NDArray[np.float64]:
    given = np.asarray(values, np.float64)
    return given[np.isfinite(given)]
