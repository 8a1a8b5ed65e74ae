"""The tile sheet of one unit: its projections at left, the same patches at right, on the ground."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from convscope.color.luts import GROUND
from convscope.render.resize import enlarge
from convscope.render.tile import Pixels

SHOWN = 52
"""Side of a tile on a card of middle size, the size at which the gaps are 2 and 6."""
TARGET = 80
"""Small fields are enlarged by the whole factor that comes nearest to this side."""
LARGEST_SHEET = 104


@dataclass(frozen=True)
class SheetShape:
    """Where things lie on a sheet, in its own pixels.

    >>> SheetShape.of(75, 9).size
    (231, 471)
    """

    field: int
    """Side of a stored tile before it is enlarged."""
    factor: int
    """Whole factor by which it is enlarged."""
    across: int
    """Tiles in a row of a block: 3 for nine ranks."""

    @classmethod
    def of(cls, stored: int, ranks: int) -> SheetShape:
        """The shape for stored tiles of this side and so many ranks."""
        factor = max(1, round(TARGET / stored))
        while factor > 1 and stored * factor > LARGEST_SHEET:
            factor -= 1
        return cls(stored, factor, ceil(sqrt(ranks)))

    @property
    def tile(self) -> int:
        """Side of a tile on the sheet."""
        return self.field * self.factor

    @property
    def gap(self) -> int:
        """Between tiles: 2 when shown at middle size."""
        return max(1, round(2 * self.tile / SHOWN))

    @property
    def middle(self) -> int:
        """Between projections and patches: 6 when shown at middle size."""
        return max(2, round(6 * self.tile / SHOWN))

    @property
    def block(self) -> int:
        """Side of one block of tiles."""
        return self.across * self.tile + (self.across - 1) * self.gap

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the sheet."""
        return self.block, 2 * self.block + self.middle

    def corner(self, rank: int, is_patch: bool) -> tuple[int, int]:
        """Top left ``(y, x)`` of the tile of a rank (1-based)."""
        row, column = divmod(rank - 1, self.across)
        step = self.tile + self.gap
        return row * step, column * step + (self.block + self.middle) * is_patch


def compose(shape: SheetShape, projections: Pixels, patches: Pixels) -> Pixels:
    """A sheet (h, w, 3) from tiles (k, f, f, 3), strongest first; a missing tile is ground."""
    sheet = np.full((*shape.size, 3), GROUND, np.uint8)
    for is_patch, tiles in ((False, projections), (True, patches)):
        for rank, tile in enumerate(tiles, start=1):
            y, x = shape.corner(rank, is_patch)
            large = enlarge(tile.transpose(2, 0, 1), shape.factor).transpose(1, 2, 0)
            sheet[y : y + shape.tile, x : x + shape.tile] = large
    return sheet
