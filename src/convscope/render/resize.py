"""Making tiles smaller by area mean and larger by whole factors; never by interpolation."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]


def resize(pixels: Plane, size: int) -> NDArray[np.float32]:
    """Square tiles (..., f, f) at ``size``: area mean down; up by whole factors, then area mean.

    >>> resize(np.array([[0.0, 4.0], [4.0, 8.0]]), 1).tolist()
    [[4.0]]
    >>> resize(np.array([[1.0]]), 2).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    field = pixels.shape[-1]
    large = enlarge(pixels, ceil(size / field)) if field < size else pixels
    return area_mean(large, size)


def enlarge(pixels: Plane, factor: int) -> Plane:
    """Each pixel of (..., h, w) as a square of ``factor`` pixels."""
    return np.repeat(np.repeat(pixels, factor, axis=-2), factor, axis=-1)


def area_mean(pixels: Plane, size: int) -> NDArray[np.float32]:
    """Planes (..., h, w) at (..., size, size); each pixel is the mean of the area it covers."""
    value = np.asarray(pixels, np.float32)
    if value.shape[-2:] == (size, size):
        return value
    across = _means(value, size)
    return _means(across.swapaxes(-1, -2), size).swapaxes(-1, -2).astype(np.float32)


def within(planes: Plane, side: int) -> Plane:
    """Planes (..., h, w) as large as fits a square: up by whole factors, down by area means.

    >>> within(np.ones((3, 72, 60)), 227).shape, within(np.ones((3, 454, 227)), 227).shape
    ((3, 216, 180), (3, 227, 114))
    """
    height, width = planes.shape[-2:]
    if max(height, width) <= side:
        return enlarge(planes, side // max(height, width))
    share = side / max(height, width)
    across = _means(np.asarray(planes, np.float32), max(1, round(width * share)))
    down = _means(across.swapaxes(-1, -2), max(1, round(height * share)))
    return down.swapaxes(-1, -2).astype(np.float32)


def _means(value: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Means over equal parts of the last axis, as differences of its running sum.

    A product with a matrix of weights says the same, but wakes BLAS's threads for each tile.
    """
    length = value.shape[-1]
    whole, part = _edges(length, size)
    last = np.zeros((*value.shape[:-1], 1))
    before = np.concatenate([last, np.cumsum(value, axis=-1, dtype=np.float64)], axis=-1)
    here = np.concatenate([value, last], axis=-1)
    sums = before[..., whole] + part * here[..., whole]
    means: NDArray[np.float64] = np.diff(sums, axis=-1) * (size / length)
    return means


@lru_cache(maxsize=64)
def _edges(length: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where the parts begin: the pixel, and how far into it."""
    edges = np.arange(size + 1) * length / size
    whole = np.floor(edges).astype(np.int64)
    return whole, edges - whole


def square(planes: Plane, fill: float = 0.0) -> Plane:
    """Planes (..., h, w) centred on a square, so that no tile is ever stretched.

    >>> square(np.ones((1, 3))).tolist()
    [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    """
    height, width = planes.shape[-2:]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    rest = [(top, side - height - top), (left, side - width - left)]
    return np.pad(planes, [(0, 0)] * (planes.ndim - 2) + rest, constant_values=fill)
