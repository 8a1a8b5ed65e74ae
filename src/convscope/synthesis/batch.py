"""How many pictures climb together: always as many, so that no picture depends on the others.

Kernels round differently in batches of other sizes, not beside other neighbors. A climb enlarges
such differences a millionfold in some hundred steps, so a unit alone is drawn in a batch filled up
with its own copies: with the same seed it is the same picture, byte for byte, whatever else is
asked for, and a stopped run goes on as if it had not stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import TypeVar

import torch

_MOST = 16
_PIXELS = 2**15
"""Of all pictures of a batch: beyond, CPUs gain nothing from more of them at once."""
_Row = TypeVar("_Row")


def rows_for(size: tuple[int, int], device: torch.device) -> int:
    """Pictures of a canvas (h, w) that climb together: a power of two.

    >>> [rows_for((side, side), torch.device("cpu")) for side in (15, 43, 67, 128, 227)]
    [16, 16, 4, 2, 1]
    """
    if device.type != "cpu":
        return _MOST
    return min(1 << int(log2(max(_PIXELS // (size[0] * size[1]), 1))), _MOST)


def filled(rows: Sequence[_Row], size: int) -> list[_Row]:
    """Rows, and copies of the last until they make whole batches.

    >>> filled("abc", 2)
    ['a', 'b', 'c', 'c']
    """
    return [*rows, *[rows[-1]] * (-len(rows) % size)]
