"""Maps too large for a tile, averaged over whole squares of cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def cells_of(maps: NDArray[Any], side: int) -> NDArray[Any]:
    """Maps (C, h, w) averaged over squares of ``side`` cells; the last ones may be smaller.

    >>> cells_of(np.array([[[0.0, 2.0, 5.0]]]), 2).tolist()
    [[[1.0, 5.0]]]
    """
    if side == 1:
        return maps
    height, width = maps.shape[1:]
    rows, columns = np.arange(0, height, side), np.arange(0, width, side)
    sums = np.add.reduceat(np.add.reduceat(maps.astype(np.float64), rows, 1), columns, 2)
    tall = np.diff(np.append(rows, height))
    wide = np.diff(np.append(columns, width))
    return np.asarray(sums / (tall[:, None] * wide))
