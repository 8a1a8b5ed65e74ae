"""Pictures beside each other on a sheet, each with its name, scale and legend below it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convscope.render.canvas import Canvas, Part, Shot, Words, sheet_png
from convscope.render.lettering import INK, QUIET, length
from convscope.render.picture import BAR_HEIGHT, GAP, Entry, Picture, bar, boxed, hatch
from convscope.render.tile import Pixels
from convscope.render.typeset import paragraph

NOTE = 460
"""Sentences below pictures that stand by themselves are at least this wide."""


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
