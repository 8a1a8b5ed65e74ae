"""Some of many, evenly spread: the same ones every time, from the first to the last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def spread(count: int, most: int) -> NDArray[np.int64]:
    """At most so many places of a list, rising, the first and the last among them.

    One alone is the first.

    >>> spread(10, 4).tolist(), spread(3, 4).tolist()
    ([0, 3, 6, 9], [0, 1, 2])
    """
    return np.unique(np.linspace(0, count - 1, min(most, count)).astype(np.int64))
