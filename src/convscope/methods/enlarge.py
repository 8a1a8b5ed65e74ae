"""A map of cells in pixels of the input."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def enlarged(cells: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float64]:
    """A map (h, w) in pixels (H, W): bilinear between the cells' centers, flat beyond the last.

    >>> enlarged(np.array([[0.0, 4.0]]), (1, 4)).tolist()
    [[0.0, 1.0, 3.0, 4.0]]
    """
    rows, columns = (_weights(n, length) for n, length in zip(cells.shape, size, strict=True))
    found: NDArray[np.float64] = rows @ cells.astype(np.float64) @ columns.T
    return found


def _weights(count: int, size: int) -> NDArray[np.float64]:
    """How much each of ``count`` cells counts at each of ``size`` pixels, (size, count)."""
    place = np.clip((np.arange(size) + 0.5) * count / size - 0.5, 0, count - 1)
    near: NDArray[np.float64] = np.clip(1 - np.abs(place[:, None] - np.arange(count)), 0, 1)
    return near
