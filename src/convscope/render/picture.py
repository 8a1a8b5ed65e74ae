"""A picture with all that must stand with it: its scale, its letters, its legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND, lut
from convscope.geometry.box import Box
from convscope.render.canvas import Canvas, Part, Shot, Words, length, paragraph, sheet_png
from convscope.render.lettering import INK, QUIET
from convscope.render.resize import within
from convscope.render.tile import Pixels, as_color

SIDE = 227
"""Pictures of one panel are at most this large."""
SMALL = 178
"""Pictures of a row of five."""
GAP = 6
BAR_HEIGHT = 10
NOTE = 460
"""Sentences below pictures that stand by themselves are at least this wide."""

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


def row(
    pictures: Sequence[Picture], note: str = "", gap: int = GAP, abreast: int = 0, least: int = 0
) -> Canvas:
    """Pictures beside each other, each with its name, scale and legend below; the note last.

    ``abreast``: how many before a new line begins; 0: all. ``least``: the note's least width.
    """
    parts: list[Part] = []
    wide, low = max(1, least), 0.0
    each = abreast or max(1, len(pictures))
    for first in range(0, len(pictures), each):
        line = pictures[first : first + each]
        top, x, room = low + (14 if first else 0), 0, max(0, 6 - gap)
        plate = max(one.height for one in line)
        words = max(_named(one, one.width - room, 0)[1] for one in line)
        for picture in line:
            made = captioned(picture, room, plate, words)
            parts += made.moved(x, top)
            x, low = x + made.width + gap * 2, max(low, top + made.height)
        wide = max(wide, x - gap * 2)
    if note:
        said, high = paragraph(note, 0, low + 6, wide)
        parts, low = [*parts, *said], low + 6 + high
    return Canvas(wide, round(low) + 2, tuple(parts))


def row_png(pictures: Sequence[Picture], note: str = "", abreast: int = 0) -> bytes:
    """The same by itself, as PNG bytes."""
    return sheet_png(row(pictures, note, abreast=abreast, least=NOTE))


def captioned(picture: Picture, room: int = 0, plate: int = 0, words: float = 0.0) -> Canvas:
    """One picture with its words below it, which leave ``room`` to the next picture's.

    ``plate`` and ``words`` are the least heights of picture and words, so that those of pictures
    beside each other begin level.
    """
    y = max(picture.height, plate) + 5.0
    parts: list[Part] = [Shot(0, 0, boxed(picture))]
    parts += [Words(o.x, o.y, o.text, 11, is_chip=True) for o in picture.letters]
    said, high = _named(picture, picture.width - room, y)
    parts, y = [*parts, *said], y + max(high, words)
    for below in (_scale, _legend):
        more, high = below(picture, y + 4)
        parts, y = [*parts, *more], y + high
    return Canvas(picture.width, round(y) + 2, tuple(parts))


def _named(picture: Picture, wide: float, y: float) -> tuple[list[Words], float]:
    """The name and the measure, beside each other where they fit, and the height they take."""
    name, tall = paragraph(picture.name, 0, y, wide, 12, INK, is_bold=True)
    if length(picture.name, 12, True) + 8 + length(picture.measure, 12) <= wide:
        return [*name, Words(wide, y, picture.measure, 12, ink=QUIET, is_right=True)], tall
    said, high = paragraph(picture.measure, 0, y + tall, wide)
    return [*name, *said], tall + high


def _scale(picture: Picture, y: float) -> tuple[list[Part], float]:
    """The colour bar with its numbers, and the height it takes."""
    if picture.scale is None:
        return [], 0.0
    scale, wide = picture.scale, picture.width
    below = y + BAR_HEIGHT + 1
    half = length(scale.middle, 11) / 2
    parts: list[Part] = [
        Shot(0, y, bar(scale.colors, wide)),
        Words(0, below, scale.low, 11, ink=QUIET),
        Words(wide / 2 - half, below, scale.middle, 11, ink=QUIET),
        Words(wide, below, scale.high, 11, ink=QUIET, is_right=True),
    ]
    return parts, BAR_HEIGHT + 20.0


def _legend(picture: Picture, y: float) -> tuple[list[Part], float]:
    parts: list[Part] = []
    top = y
    for entry in picture.legend:
        said = f"{entry.letter} {entry.name}, {entry.measure}".strip()
        words, high = paragraph(said, 16, top, picture.width - 16, 11, INK)
        parts += [Shot(0, top + 2, _swatch(entry)), *words]
        top += high + 2
    return parts, top - y


def _swatch(entry: Entry, side: int = 11) -> Pixels:
    if not entry.color:
        return hatch(side, side)
    color = np.frombuffer(bytes.fromhex(entry.color[1:]), np.uint8)
    return np.ascontiguousarray(np.broadcast_to(color, (side, side, 3)))


def hatch(height: int, width: int) -> Pixels:
    """Diagonal lines on the ground: everything that has no color of its own."""
    y, x = np.mgrid[:height, :width]
    lines = ((x + y) % 6 < 2)[..., None]
    return np.where(lines, np.uint8(40), np.uint8(GROUND)) * np.ones((1, 1, 3), np.uint8)
