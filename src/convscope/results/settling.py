"""When something that changes has come to stay as it is at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def settled(likeness: NDArray[Any], threshold: float) -> int:
    """The first checkpoint from which likeness to the last stays at a threshold or above.

    Args:
        likeness: (T,) to the last checkpoint; the last is like itself, and does not count.
        threshold: what counts as alike.

    Returns:
        Its place, from 0; -1 where it is not so before the last.

    >>> settled(np.array([0.1, 0.6, 0.4, 0.7, 1.0]), 0.5)
    3
    >>> settled(np.array([0.1, 0.2, 1.0]), 0.5), settled(np.array([0.9, np.nan, 1.0]), 0.5)
    (-1, -1)
    """
    before = np.asarray(likeness, np.float64)[:-1]
    below = np.flatnonzero(np.logical_not(before >= threshold))
    first = int(below[-1]) + 1 if len(below) else 0
    return first if first < len(before) else -1
