"""The images that fire each channel most, of those a network was read on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NINE = 9
"""As many as Zeiler & Fergus show of each unit (2013, Fig. 2)."""

Ints = NDArray[np.int64]


def strongest(maxima: NDArray[Any], count: int = NINE) -> Ints:
    """The images of each channel's largest values, strongest first, each image once.

    Only values above zero count; where fewer images than ``count`` have one, the rest is -1. Ties
    go to the earlier image.

    Args:
        maxima: (n, C) the largest value of each channel on each image.
        count: how many of each channel.

    Returns:
        (C, count) numbers of images.

    >>> strongest(np.array([[0.0, 2.0], [3.0, 2.0], [1.0, 0.0]]), 2).tolist()
    [[1, 2], [0, 1]]
    """
    order = np.argsort(-np.asarray(maxima, np.float64), axis=0, kind="stable")[:count]
    values = np.take_along_axis(np.asarray(maxima), order, axis=0)
    found = np.full((maxima.shape[1], count), -1, np.int64)
    found[:, : len(order)] = np.where(values > 0, order, -1).T
    return found


def has_all(top: Ints) -> NDArray[np.bool_]:
    """Which channels have as many images as were asked for, (C,).

    >>> has_all(np.array([[3, 1], [2, -1]])).tolist()
    [True, False]
    """
    return np.asarray((top >= 0).all(axis=1))
