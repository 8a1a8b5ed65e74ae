"""A picture with all that must stand with it: its scale, its letters, its legend."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND, lut
from convscope.geometry.box import Box
from convscope.render.resize import within
from convscope.render.tile import Pixels, as_color

SIDE = 227
"""Pictures of one panel are at most this large."""
SMALL = 178
"""Pictures of a row of five."""
GAP = 6
BAR_HEIGHT = 10

SIGNAL = (255, 227, 46)


@dataclass(frozen=True)
class Scale:
    """A colour bar and the numbers at its ends."""

    colors: Literal["ember", "tide", "ash"]
    low: str
    high: str
    middle: str = ""
    """What stands at zero, of a signed scale."""


@dataclass(frozen=True)
class Letter:
    """A letter on a picture, in its pixels."""

    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Entry:
    """One line of a legend."""

    color: str
    """``#rrggbb``; empty where the color is a hatch."""
    letter: str
    name: str
    measure: str


@dataclass(frozen=True)
class Reading:
    """The numbers behind a map, for who points at it."""

    values: NDArray[Any]
    """(rows, columns)"""
    box: tuple[float, float, float, float]
    """Where they lie on the picture, ``(y0, x0, y1, x1)`` in its pixels."""
    unit: str
    """What a value is: ``activation``, ``points``."""
    fields: tuple[tuple[float, ...], tuple[float, ...], tuple[float, float]] | None = None
    """Tops of the rows, lefts of the columns, and height and width of what a value is of, as
    shares of the image's sides: the square that covered, the field that the cell sees."""


@dataclass(frozen=True)
class Picture:
    """Pixels, and what is said with them."""

    name: str
    pixels: Pixels
    measure: str = ""
    says: str = ""
    """In words, for who cannot see it; made from the numbers."""
    scale: Scale | None = None
    letters: tuple[Letter, ...] = ()
    legend: tuple[Entry, ...] = ()
    box: Box | None = None
    """A receptive field, in the picture's pixels."""
    reading: Reading | None = field(default=None, compare=False)

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[1])


def fitted(pixels: Pixels, side: int = SIDE) -> Pixels:
    """Pixels (h, w, c) as large as fits, by whole factors; smaller by area means.

    >>> fitted(np.zeros((72, 72, 3), np.uint8)).shape
    (216, 216, 3)
    """
    planes = within(as_color(pixels).transpose(2, 0, 1), side)
    return np.ascontiguousarray(np.rint(planes).astype(np.uint8).transpose(1, 2, 0))


def nearest_to(pixels: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Pixels (h, w, ...) at another size, each taken whole: never a mixture of two.

    >>> nearest_to(np.array([[1, 2]]), 1, 4).tolist()
    [[1, 1, 2, 2]]
    """
    rows = (np.arange(height) * pixels.shape[0]) // height
    columns = (np.arange(width) * pixels.shape[1]) // width
    return np.asarray(pixels[rows[:, None], columns])


def bar(colors: str, width: int = 96) -> Pixels:
    """A colour bar (10, width, 3), from its low end to its high one."""
    table = lut(colors)
    steps = np.rint(np.linspace(0, len(table) - 1, width)).astype(int)
    return np.ascontiguousarray(np.broadcast_to(table[steps], (BAR_HEIGHT, width, 3)))


def boxed(picture: Picture) -> Pixels:
    """The picture's pixels with its field drawn on them: signal between black hairlines."""
    pixels = np.array(picture.pixels)
    if picture.box is not None:
        for color, reach in (((0, 0, 0), 2), (SIGNAL, 1)):
            _frame(pixels, picture.box, color, reach)
    return pixels


def _frame(pixels: Pixels, box: Box, color: tuple[int, int, int], reach: int) -> None:
    """Four strokes along the box, ``reach`` pixels to either side, clipped to the picture."""
    height, width = pixels.shape[:2]
    y0, x0, y1, x1 = box.y0, box.x0, box.y1, box.x1
    strokes = (
        (y0 - reach, y0 + reach, x0 - reach, x1 + reach),
        (y1 - reach, y1 + reach, x0 - reach, x1 + reach),
        (y0 - reach, y1 + reach, x0 - reach, x0 + reach),
        (y0 - reach, y1 + reach, x1 - reach, x1 + reach),
    )
    for top, bottom, left, right in strokes:
        rows = slice(max(0, top), max(0, min(height, bottom)))
        pixels[rows, max(0, left) : max(0, min(width, right))] = color


def hatch(height: int, width: int) -> Pixels:
    """Diagonal lines on the ground: everything that has no color of its own."""
    y, x = np.mgrid[:height, :width]
    lines = ((x + y) % 6 < 2)[..., None]
    return np.where(lines, np.uint8(40), np.uint8(GROUND)) * np.ones((1, 1, 3), np.uint8)
