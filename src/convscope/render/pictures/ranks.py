"""The strongest, the middling and the weakest patches in rows, over the curve of all images."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from convscope.color.luts import GROUND
from convscope.render.canvas import Canvas, Line, Part, Shot, Words, sheet_png
from convscope.render.lettering import INK, QUIET, length
from convscope.render.resize import resize, square
from convscope.render.tile import Pixels, as_color
from convscope.render.typeset import paragraph, shortened
from convscope.render.words import count, number

if TYPE_CHECKING:
    from convscope.results.ranks import Ranks

TILE, GAP, PAD = 84, 2, 3
STEP = TILE + GAP
CURVE = 56
"""Height of the curve of all images."""
POINTS = 400
ROW = 18 + TILE + 2 * PAD + 34 + 10
HEADS = {
    "strongest": "Strongest",
    "median": "Around the median",
    "weakest": "Weakest",
    "most negative": "Most negative",
}


def ranks_png(result: Ranks) -> bytes:
    """Rows of patches with values and classes, the curve of all images, and the control.

    Of a unit that no image fires only what is said of it.

    >>> ranks_png.__name__
    'ranks_png'
    """
    return sheet_png(ranks_canvas(result))


def ranks_canvas(result: Ranks) -> Canvas:
    """The same as a sheet, for figures."""
    width = max(5, result.count) * STEP - GAP + 2 * PAD
    images = f"{count(len(result.spectrum), 'image')}{_where(result)}"
    parts: list[Part] = [
        Words(0, 0, result.target, 16, is_bold=True),
        Words(width, 3, images, 12, ink=QUIET, is_right=True),
    ]
    y = 28.0
    for group, places in groupby(range(len(result.groups)), result.groups.__getitem__):
        parts += _row(result, group, list(places)).moved(0, y)
        y += ROW
    if result.count:
        parts += _curve(result, y, width)
        y += CURVE + 22
    for text in filter(None, (result.control, result.note)):
        said, high = paragraph(text, 0, y, width)
        parts, y = [*parts, *said], y + high + 4
    return Canvas(width, round(y) + 2, tuple(parts))


def _where(result: Ranks) -> str:
    """Which cell of each image counts; nothing to say where there is only one."""
    cells = result.cells[result.cells.min(1) >= 0]
    if not cells.any():
        return ""
    one = (cells == cells[0]).all() and len(cells) > 1
    if result.target.endswith(f"@{cells[0, 0]},{cells[0, 1]}"):
        return ""
    return f", each in cell {cells[0, 0]},{cells[0, 1]}" if one else ", each by its strongest cell"


def _row(result: Ranks, group: str, places: list[int]) -> Canvas:
    """One group: its name, its patches on the ground, a value and a class below each."""
    width = len(places) * STEP - GAP + 2 * PAD
    first, last = int(result.ranks[places[0]]), int(result.ranks[places[-1]])
    span = f"rank {first:,}" if first == last else f"ranks {first:,} to {last:,}"
    if group == "most negative":
        span += " from below, each image by its weakest cell"
    if (result.cells[places] < 0).any():
        span += "; where no cell is the strongest, the whole image stands there, made smaller"
    plate = np.full((TILE + 2 * PAD, width, 3), GROUND, np.uint8)
    parts: list[Part] = [Words(0, 0, HEADS[group], 12, is_bold=True)]
    parts.append(Words(length(HEADS[group], 12, True) + 8, 0, span, 12, ink=QUIET))
    words: list[Words] = []
    for column, place in enumerate(places):
        x = PAD + column * STEP
        plate[PAD : PAD + TILE, x : x + TILE] = _tile(result.patches[place])
        words += _below(result, place, x)
    return Canvas(width, ROW, (*parts, Shot(0, 18, plate), *words))


def _below(result: Ranks, place: int, x: float) -> Iterator[Words]:
    y, said = 18 + TILE + 2 * PAD + 3, number(float(result.values[place]))
    everywhere = ", all cells" if result.cells[place].min() < 0 else ""
    yield Words(x, y, f"{said}{everywhere}", 12, ink=INK)
    yield Words(x, y + 15, shortened(result.labels[place] or "", TILE - 2, 11), 11, ink=QUIET)


def _tile(patch: Pixels) -> Pixels:
    planes = resize(square(as_color(patch).transpose(2, 0, 1), fill=GROUND), TILE)
    return np.rint(planes).astype(np.uint8).transpose(1, 2, 0)


def _curve(result: Ranks, top: float, width: int) -> Iterator[Part]:
    """All values, strongest at left; on the axis, where the groups are."""
    values = result.spectrum.astype(np.float64)
    high, low = max(float(values.max()), 0.0), min(float(values.min()), 0.0)
    inner, x0 = width - 72, 60

    def point(rank: float, value: float) -> tuple[float, float]:
        x = x0 + inner * rank / max(len(values) - 1, 1)
        return x, top + CURVE - CURVE * (value - low) / max(high - low, 1e-30)

    places = np.unique(np.linspace(0, len(values) - 1, POINTS).astype(int)).tolist()
    yield Line((point(0, 0), point(len(values) - 1, 0)), ink=(138, 138, 138))
    yield Line(tuple(point(i, values[i]) for i in places), 1)
    for group in ("strongest", "median", "weakest"):
        ranks = [int(r) - 1 for r, g in zip(result.ranks, result.groups, strict=True) if g == group]
        ends = max(ranks[0] - 0.5, 0), min(ranks[-1] + 0.5, len(values) - 1)
        yield Line((point(ends[0], 0), point(ends[1], 0)), 4)
    yield Words(x0 - 6, top - 6, number(high), 11, ink=QUIET, is_right=True)
    yield Words(x0 - 6, point(0, 0)[1] - 7, "0", 11, ink=QUIET, is_right=True)
    middle = f"median {number(float(np.median(values)))}"
    yield Words(x0, top + CURVE + 4, "rank 1", 11, ink=QUIET)
    yield Words(x0 + inner / 2 - length(middle, 11) / 2, top + CURVE + 4, middle, 11, ink=QUIET)
    yield Words(x0 + inner, top + CURVE + 4, f"{len(values):,}", 11, ink=QUIET, is_right=True)
