"""A full list of values, one an image, and its order statistics: 32 bytes an image."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.net.target import Target

Place = tuple[float, int, int]
"""Value and cell (y, x); -1, -1 where all cells of the map are equal, so that none is strongest."""


def place(target: Target, values: Tensor) -> Place:
    """Where a target is strongest on one image, from its finite values (h, w)."""
    y, x = target.strongest(values)
    if target.cell is None and target.layer.is_spatial and bool((values == values[0, 0]).all()):
        return float(values[0, 0]), -1, -1
    return float(values[y, x]), y, x


@dataclass(frozen=True)
class Picks:
    """Entries of a list: arrays (k,), and (k, 2) for the cells."""

    groups: tuple[str, ...]
    values: NDArray[np.float64]
    ranks: NDArray[np.int64]
    """1 for the first of the list."""
    images: NDArray[np.int64]
    cells: NDArray[np.int64]

    def __add__(self, other: Picks) -> Picks:
        arrays = [
            np.concatenate([getattr(self, name), getattr(other, name)])
            for name in ("values", "ranks", "images", "cells")
        ]
        return Picks(self.groups + other.groups, *arrays)

    def negated(self) -> Picks:
        """The same places with the values of the opposite target."""
        return replace(self, values=0.0 - self.values)  # 0.0 - v, not -v: zero stays without sign


class Ranking:
    """One value an image, in any order; ties are broken by the image's number.

    >>> one = Ranking()
    >>> for image, value in enumerate([0.5, 2.0, 0.5]):
    ...     one.add(image, (value, 0, 0))
    >>> one.pick("strongest", 0, 2).images.tolist()
    [1, 0]
    """

    def __init__(self) -> None:
        self._values, self._images, self._cells = array("d"), array("q"), array("q")

    def __len__(self) -> int:
        return len(self._images)

    def add(self, image: int, place: Place) -> None:
        """Let an image in."""
        self._images.append(image)
        self._values.append(place[0])
        self._cells.extend(place[1:])

    @property
    def values(self) -> NDArray[np.float64]:
        """All values, strongest first."""
        return np.array(self._values)[self._order]

    @property
    def _order(self) -> NDArray[np.int64]:
        return np.lexsort((np.array(self._images), -np.array(self._values)))

    def pick(self, group: str, start: int, count: int) -> Picks:
        """The entries at places ``start .. start + count - 1`` of the sorted list."""
        chosen = self._order[start : start + count]
        return Picks(
            (group,) * len(chosen),
            np.array(self._values)[chosen],
            np.arange(start, start + len(chosen)) + 1,
            np.array(self._images)[chosen],
            np.array(self._cells, np.int64).reshape(-1, 2)[chosen],
        )

    @property
    def is_zero(self) -> bool:
        """Whether every value is 0, so that the order is only that of the images' numbers."""
        return not any(self._values)

    def groups(self, count: int) -> Picks:
        """The strongest, the middling and the weakest, each a third of the list at most."""
        each = max(1, min(count, len(self) // 3))
        middle, last = (len(self) - each) // 2, len(self) - each
        strongest, weakest = self.pick("strongest", 0, each), self.pick("weakest", last, each)
        return strongest + self.pick("median", middle, each) + weakest
