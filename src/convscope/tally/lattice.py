"""Which cells of a map the sampled statistics look at.

Looking at every cell would cost as much again as the network. A lattice of at most 12 x 12 cells
a map costs a few percent; its phase comes from the image's number, so that after as many images
as a lattice cell has cells every cell has been looked at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

PICKED = 8
"""Cells of an image by which channels are compared; a lattice with fewer gives all it has."""

_TURN = 2654435769
"""The golden section of 2^32: its multiples, modulo that, lie as evenly as any can."""

Number = TypeVar("Number", int, NDArray[np.int64])


def phase(image: Number, strides: tuple[int, int]) -> tuple[Number, Number]:
    """First row and column of an image's lattice.

    >>> [phase(i, (2, 2)) for i in range(5)]
    [(0, 0), (0, 1), (1, 0), (1, 1), (0, 0)]
    """
    return image // strides[1] % strides[0], image % strides[1]


@dataclass(frozen=True)
class Lattices:
    """How many rows and columns ``(n,)`` each image's lattice has, phases being what they are."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    shape: tuple[int, int]
    """Rows and columns that all are filled up to."""

    @property
    def cells(self) -> NDArray[np.int64]:
        """Cells of each."""
        return self.rows * self.columns


def lattices(
    size: tuple[int, int], strides: tuple[int, int], images: NDArray[np.int64]
) -> Lattices:
    """The lattices of maps of some rows and columns, by the images' numbers.

    >>> lattices((13, 5), (2, 1), np.arange(2)).cells.tolist()
    [35, 30]
    """
    (h, w), (sy, sx) = size, strides
    y, x = phase(images, strides)
    return Lattices(-((y - h) // sy), -((x - w) // sx), (-(-h // sy), -(-w // sx)))


def picks(looked: Lattices, images: NDArray[np.int64]) -> NDArray[np.int64]:
    """A few cells of each lattice, as places in ``n x rows x columns``, by image.

    One in each eighth of the lattice, where in it the image's number says; so every cell has
    the same chance, and the choice knows nothing of batches.

    >>> picks(Lattices(np.array([1, 1]), np.array([3, 2]), (1, 3)), np.arange(2)).tolist()
    [0, 1, 2, 3, 4]
    """
    cells, place = looked.cells[:, None], np.arange(PICKED)
    turn = images[:, None] * _TURN % (1 << 32)
    nth = np.where(cells > PICKED, ((place << 32) + turn) * cells // (PICKED << 32), place)
    row, column = np.divmod(nth, looked.columns[:, None])
    height, width = looked.shape
    first = np.arange(len(images))[:, None] * (height * width)
    found: NDArray[np.int64] = (first + row * width + column)[nth < cells]
    return found
