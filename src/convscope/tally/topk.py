"""The strongest cells of every unit, under one total order.

A cell beats another by the greater key, then the lower image number, then y, then x. The key is
the activation for the strongest side and its negative for the weakest. Because the order is
total, the kept cells depend on nothing but the cells: not on batches, shards or a resumed run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EMPTY = -1
"""Image number of a place that no cell has taken; its key is minus infinity."""


@dataclass
class TopK:
    """Kept cells, strongest first: four arrays ``(units, k)``."""

    key: NDArray[np.float32]
    image: NDArray[np.int64]
    y: NDArray[np.int32]
    x: NDArray[np.int32]

    @property
    def worst(self) -> NDArray[np.float32]:
        """``(units,)``: what a later image must exceed to enter."""
        return self.key[:, -1]


@dataclass(frozen=True)
class Cells:
    """Candidates, in any order: five arrays ``(n,)``; a unit may occur many times."""

    unit: NDArray[np.int64]
    key: NDArray[np.float32]
    image: NDArray[np.int64]
    y: NDArray[np.int32]
    x: NDArray[np.int32]


def empty(units: int, k: int) -> TopK:
    """Nothing kept yet.

    >>> empty(1, 2).key.tolist()
    [[-inf, -inf]]
    """
    shape = units, k
    return TopK(
        np.full(shape, -np.inf, np.float32),
        np.full(shape, EMPTY, np.int64),
        np.zeros(shape, np.int32),
        np.zeros(shape, np.int32),
    )


def update(state: TopK, cells: Cells) -> None:
    """Let candidates in, in place; each must be finite and of an image not yet in the state.

    >>> state = empty(1, 2)
    >>> one = np.array([1]), np.array([2]), np.array([3])
    >>> update(state, Cells(np.array([0]), np.array([5.0], np.float32), *one))
    >>> state.key.tolist(), state.image.tolist()
    ([[5.0, -inf]], [[1, -1]])
    """
    if not len(cells.unit):
        return
    touched, entering = _by_unit(cells)
    old = TopK(*(getattr(state, name)[touched] for name in _NAMES))
    new = merge(old, entering)
    for name in _NAMES:
        getattr(state, name)[touched] = getattr(new, name)


def merge(a: TopK, b: TopK) -> TopK:
    """The strongest of both, as many as ``a`` keeps; associative and commutative."""
    joined = [np.concatenate([getattr(a, n), getattr(b, n)], axis=1) for n in _NAMES]
    key, image, y, x = joined
    order = _order(key, image, y, x)[:, : a.key.shape[1]]
    return TopK(*(np.take_along_axis(column, order, axis=1) for column in joined))


def _order(
    key: NDArray[np.float32], image: NDArray[np.int64], y: NDArray[np.int32], x: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Each row's places, strongest first; the slow sort by all four columns is for ties only.

    Places not taken are all alike, so their ties need no breaking.
    """
    order: NDArray[np.int64] = np.argsort(-key, axis=1, kind="stable")
    ranked = np.take_along_axis(key, order, axis=1)
    tied = ((ranked[:, 1:] == ranked[:, :-1]) & (ranked[:, 1:] > -np.inf)).any(axis=1)
    order[tied] = np.lexsort((x[tied], y[tied], image[tied], -key[tied]), axis=1)
    return order


def values(state: TopK, sign: int) -> NDArray[np.float32]:
    """Activations ``(units, k)``, NaN in places not taken; ``sign`` is -1 for the weakest side."""
    # 0.0 - key, not -key: a weakest cell of 0 is 0 and not -0
    value = state.key if sign > 0 else np.float32(0.0) - state.key
    return np.where(state.image == EMPTY, np.float32(np.nan), value)


_NAMES = ("key", "image", "y", "x")


def _by_unit(cells: Cells) -> tuple[NDArray[np.int64], TopK]:
    """The units that occur, and their candidates as a padded table with one row each."""
    order = np.argsort(cells.unit, kind="stable")
    touched, first, count = np.unique(cells.unit[order], return_index=True, return_counts=True)
    row = np.repeat(np.arange(len(touched)), count)
    place = np.arange(len(order)) - np.repeat(first, count)
    table = empty(len(touched), int(count.max()))
    for name in _NAMES:
        getattr(table, name)[row, place] = getattr(cells, name)[order]
    return touched, table
