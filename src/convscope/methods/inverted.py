"""The pictures of one layer's code, one a start, with their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

_GROUND = 128
"""Of what has no code."""


@dataclass(frozen=True)
class Inverted:
    """One row a start.

    >>> Inverted.nothing(2, (4, 4, 3), 5).curve.shape
    (2, 5)
    """

    pictures: NDArray[np.uint8]
    """(n, H, W, c)"""
    error: NDArray[np.float64]
    """(n,), of the pictures as they are here."""
    curve: NDArray[np.float64]
    """(n, steps), of the climb."""
    lr: NDArray[np.float64]
    """(n,)"""
    stopped: NDArray[np.int64]
    """(n,): the step at which it diverged; -1: it did not."""

    @classmethod
    def nothing(cls, starts: int, shape: tuple[int, ...], steps: int) -> Inverted:
        """Of a layer that is zero everywhere."""
        nan = np.full(starts, np.nan)
        pictures = np.full((starts, *shape), _GROUND, np.uint8)
        return cls(pictures, nan, np.full((starts, steps), np.nan), nan, np.full(starts, -1))

    @classmethod
    def joined(cls, parts: Iterable[Inverted]) -> Inverted:
        """One after the other."""
        known = list(parts)
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in known]) for name in names))

    def replaced(self, rows: NDArray[np.int64], by: Inverted) -> Inverted:
        """With others in place of some rows."""
        found = [getattr(self, field.name).copy() for field in fields(self)]
        for array, field in zip(found, fields(self), strict=True):
            array[rows] = getattr(by, field.name)
        return Inverted(*found)
