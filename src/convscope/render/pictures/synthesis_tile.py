"""Synthesized pictures in rows on the ground, each with its words below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from convscope.color.luts import GROUND
from convscope.render.canvas import Canvas, Line, Part, Shot, Words
from convscope.render.lettering import INK, QUIET, length
from convscope.render.tile import Pixels
from convscope.render.typeset import shortened

GAP, PADDING = 8, 5
HEAD, FOOT = 12, 11
"""Sizes of type."""
_LINE = 16
_DASH = (4.0, 3.0)


@dataclass(frozen=True)
class Tile:
    """One picture, and what is said below it."""

    pixels: Pixels | None
    """None: nothing was drawn; its place is plain ground."""
    head: str
    foot: str = ""
    is_outlined: bool = False
    """Whether a dashed line stands around it."""
    says: str = ""
    """On the ground, where nothing was drawn."""


def abreast(count: int, most: int) -> int:
    """Tiles in a row, so that the last row is full and the sheet a little wider than high.

    >>> abreast(48, 20), abreast(24, 20), abreast(9, 20), abreast(7, 20), abreast(48, 5)
    (8, 6, 3, 4, 5)
    """
    ideal = (1.5 * count) ** 0.5
    found = range(max(1, int(count**0.5)), max(2, int(1.5 * ideal) + 1))
    cost = {n: (-count % n) / n + abs(np.log(n / ideal)) for n in found if n <= count}
    return min(min(cost, key=lambda n: cost[n]), most)


def tiles_canvas(tiles: Sequence[Tile], height: int, width: int, columns: int) -> Canvas:
    """Tiles of one size in rows, the words of each below it.

    On lines of their own: beside each other, those of two tiles would read as one.
    """
    lines = _lines(tiles)
    step = height + 2 * PADDING + lines * _LINE + 8
    wide = columns * (width + GAP) - GAP + 2 * PADDING
    parts: list[Part] = []
    for top, first in enumerate(range(0, len(tiles), columns)):
        row = tiles[first : first + columns]
        parts += _row(row, height, width, lines).moved(0, top * step)
    return Canvas(wide, step * -(-len(tiles) // columns), tuple(parts))


def _lines(tiles: Sequence[Tile]) -> int:
    """How many lines the words of a tile take."""
    return 2 if any(tile.foot for tile in tiles) else 1


def _row(tiles: Sequence[Tile], height: int, width: int, lines: int) -> Canvas:
    wide = len(tiles) * (width + GAP) - GAP + 2 * PADDING
    plate = np.full((height + 2 * PADDING, wide, 3), GROUND, np.uint8)
    over: list[Part] = []
    for column, tile in enumerate(tiles):
        x = PADDING + column * (width + GAP)
        if tile.pixels is not None:
            plate[PADDING : PADDING + height, x : x + width] = tile.pixels
        over += _over(tile, x, height, width)
        over += _below(tile, x, height + 2 * PADDING + 2, width, lines)
    return Canvas(wide, plate.shape[0] + lines * _LINE, (Shot(0, 0, plate), *over))


def _over(tile: Tile, x: int, height: int, width: int) -> Iterator[Part]:
    if tile.is_outlined:
        y0, y1, x0, x1 = PADDING - 2.5, PADDING + height + 1.5, x - 2.5, x + width + 1.5
        corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))
        yield Line(corners, 1.5, INK, _DASH)
    if tile.says:
        at = x + (width - length(tile.says, FOOT)) / 2
        yield Words(at, PADDING + height / 2 - FOOT, tile.says, FOOT, is_chip=True)


def _below(tile: Tile, x: int, y: float, width: int, lines: int) -> Iterator[Part]:
    room = width - (length(tile.foot, FOOT) + 6 if lines == 1 and tile.foot else 0)
    yield Words(x, y, shortened(tile.head, room * 0.93, HEAD), HEAD, is_bold=True)
    if tile.foot and lines == 1:
        yield Words(x + width, y + 1, tile.foot, FOOT, ink=QUIET, is_right=True)
    elif tile.foot:
        yield Words(x, y + _LINE - 1, shortened(tile.foot, width, FOOT), FOOT, ink=QUIET)
