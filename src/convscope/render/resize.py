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
    value = np.ascontiguousarray(pixels, np.float32)  # BLAS takes no other layout
    if value.shape[-2:] == (size, size):
        return value
    down, across = _weights(value.shape[-2], size), _weights(value.shape[-1], size)
    return np.asarray(down @ value @ across.T, np.float32)


@lru_cache(maxsize=64)
def _weights(given: int, wanted: int) -> NDArray[np.float32]:
    """Overlap of each wanted pixel with each given one, rows summing to 1: (wanted, given)."""
    edges = np.arange(wanted + 1) * given / wanted
    left = np.maximum(edges[:-1, None], np.arange(given)[None])
    right = np.minimum(edges[1:, None], np.arange(1, given + 1)[None])
    weights = np.asarray(np.maximum(right - left, 0) * wanted / given, np.float32)
    weights.setflags(write=False)
    return weights


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
