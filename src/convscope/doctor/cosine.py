"""How alike two projections are, place by place: the cosine of the angle between them."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray


def cosines(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """Of each picture (n, ...) and its counterpart, over all pixels and colors, (n,).

    Both lie in the frame of their cells, so that equal places of the field are compared wherever in
    an image they were.

    Returns:
        -1 to 1, and 1 for pictures that differ by a factor; 0 where one is zero everywhere, NaN
        where both are.

    >>> ones = np.ones((3, 1, 2, 2))
    >>> cosines(ones * [[[[2]]], [[[0]]], [[[0]]]], ones * [[[[3]]], [[[1]]], [[[0]]]]).tolist()
    [1.0, 0.0, nan]
    """
    a, b = (_rows(each) for each in (one, other))
    sizes = np.sqrt(np.square(a).sum(axis=1)), np.sqrt(np.square(b).sum(axis=1))
    size = sizes[0] * sizes[1]
    found = (a * b).sum(axis=1) / np.where(size > 0, size, 1)
    nothing = (sizes[0] == 0) & (sizes[1] == 0)
    return np.where(nothing, np.nan, np.clip(found, -1, 1))


def _rows(pictures: NDArray[Any]) -> NDArray[np.float64]:
    """A row a picture, also of none: a layer in which nothing fires has no pictures."""
    return np.asarray(pictures, np.float64).reshape(len(pictures), prod(pictures.shape[1:]))
