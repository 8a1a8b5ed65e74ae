"""Many small tiles on one plate of ground, with the numbers that name them at its edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from convscope.color.luts import GROUND
from convscope.render.canvas import Canvas, Part, Shot, Words
from convscope.render.lettering import QUIET, length
from convscope.render.tile import Pixels

PADDING = 3
SIZE = 10
"""Of the numbers at the edges."""
_ROUND = (1, 2, 4, 5, 10, 20, 25, 50, 100, 200)
"""Tiles in a row: numbers in which people count, so that a place can be read off."""


def across(count: int, height: int, width: int) -> int:
    """Tiles of this size in a row, so that the whole is nearly square.

    >>> across(96, 111, 111), across(512, 13, 13), across(1000, 1, 1), across(3, 5, 5)
    (10, 25, 25, 3)
    """
    ideal = 1.1 * sqrt(count * height / width)  # of two choices rather the wider
    if count <= 5:
        return count
    return min(_ROUND, key=lambda n: (abs(np.log(n / ideal)), n))


@dataclass(frozen=True)
class Plate:
    """Where tiles of one size lie, row by row."""

    count: int
    height: int
    width: int
    """Of a tile, in pixels."""
    across: int
    gap: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the plate, padding included."""
        rows = -(-self.count // self.across)
        sides = ((rows, self.height), (self.across, self.width))
        high, wide = (n * (side + self.gap) - self.gap + 2 * PADDING for n, side in sides)
        return high, wide

    def corner(self, place: int) -> tuple[int, int]:
        """Top left ``(y, x)`` of a tile.

        >>> Plate(4, 10, 10, 2, 1).corner(3)
        (14, 14)
        """
        row, column = divmod(place, self.across)
        return (
            PADDING + row * (self.height + self.gap),
            PADDING + column * (self.width + self.gap),
        )

    def laid(self, tile: Callable[[int], Pixels]) -> Pixels:
        """The plate with every tile on it."""
        sheet = np.full((*self.size, 3), GROUND, np.uint8)
        for place in range(self.count):
            y, x = self.corner(place)
            sheet[y : y + self.height, x : x + self.width] = tile(place)
        return sheet


def numbered(
    plate: Plate,
    pixels: Pixels,
    rows: Sequence[str],
    columns: Sequence[str],
    over: Sequence[Words] = (),
) -> Canvas:
    """A plate with words at the left of its rows and above its columns, and on its tiles."""
    left = round(max(length(word, SIZE) for word in rows)) + 6
    above = SIZE + 5
    parts: list[Part] = [Shot(left, above, pixels)]
    parts += _rows(plate, rows, left, above)
    parts += _columns(plate, columns, left)
    parts += [Words(**{**w.__dict__, "x": w.x + left, "y": w.y + above}) for w in over]
    return Canvas(left + pixels.shape[1], above + pixels.shape[0], tuple(parts))


def _rows(plate: Plate, names: Sequence[str], left: int, above: int) -> list[Part]:
    step = plate.height + plate.gap
    every = max(1, -(-(SIZE + 2) // step))
    middle = above + PADDING + plate.height / 2 - SIZE * 0.62
    return [
        Words(left - 4, middle + i * step, name, SIZE, ink=QUIET, is_right=True)
        for i, name in enumerate(names)
        if i % every == 0
    ]


def _columns(plate: Plate, names: Sequence[str], left: int) -> list[Part]:
    step = plate.width + plate.gap
    widest = max(length(name, SIZE) for name in names)
    every = next((n for n in (1, 2, 5, 10, 20, 50) if n * step >= widest + 5), 100)
    return [
        Words(
            left + PADDING + i * step + plate.width / 2 - length(name, SIZE) / 2,
            0,
            name,
            SIZE,
            ink=QUIET,
        )
        for i, name in enumerate(names)
        if i % every == 0
    ]
