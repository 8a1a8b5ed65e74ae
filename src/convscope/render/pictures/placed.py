"""Maps of positions laid over the image they were taken on, each position a block, none mixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND
from convscope.render.tile import Pixels


@dataclass(frozen=True)
class Placing:
    """Which row and column of a map each pixel of a picture shows; -1 where none."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    def paint(self, colors: Pixels) -> Pixels:
        """Colors (ny, nx, 3) in their places; ground where there is no position.

        >>> Placing(np.array([0, -1]), np.array([0])).paint(np.zeros((1, 1, 3), np.uint8))[:, 0, 0]
        array([  0, 128], dtype=uint8)
        """
        out = np.full((len(self.rows), len(self.columns), 3), GROUND, np.uint8)
        y, x = np.flatnonzero(self.rows >= 0), np.flatnonzero(self.columns >= 0)
        out[y[:, None], x] = colors[self.rows[y][:, None], self.columns[x]]
        return out

    def middle(self, row: int, column: int) -> tuple[int, int]:
        """``(y, x)`` of the pixel in the middle of a position's block."""
        y, x = np.flatnonzero(self.rows == row), np.flatnonzero(self.columns == column)
        return int(y[len(y) // 2]), int(x[len(x) // 2])

    @property
    def box(self) -> tuple[float, float, float, float]:
        """``(y0, x0, y1, x1)`` of what the map covers."""
        y, x = np.flatnonzero(self.rows >= 0), np.flatnonzero(self.columns >= 0)
        return float(y[0]), float(x[0]), float(y[-1] + 1), float(x[-1] + 1)


def placing(
    centers: tuple[NDArray[Any], NDArray[Any]],
    stride: tuple[int, int],
    image: tuple[int, int],
    shown: tuple[int, int],
) -> Placing:
    """Place positions with these centers on a picture of ``shown`` pixels of an ``image``.

    Centers count pixels from the middle of the first: that of a square of two is 0.5.

    >>> at = np.array([0.5, 2.5])
    >>> placing((at, at), (2, 2), (4, 4), (4, 4)).rows
    array([0, 0, 1, 1])
    """
    rows, columns = (_nearest(*four) for four in zip(centers, stride, image, shown, strict=True))
    return Placing(rows, columns)


def _nearest(centers: NDArray[Any], stride: int, image: int, shown: int) -> NDArray[np.int64]:
    """The nearest center of each pixel, and -1 further than half a stride beyond the last."""
    at = (np.arange(shown) + 0.5) * image / shown - 0.5
    found = np.abs(at[:, None] - centers).argmin(axis=1)
    half = stride / 2
    is_outside = (at < centers[0] - half) | (at > centers[-1] + half)
    return np.where(is_outside, -1, found)
