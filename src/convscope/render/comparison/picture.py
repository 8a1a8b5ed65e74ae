"""Two networks in two columns: first filters, their charts, second layers, and a table of numbers.

Source: Zeiler & Fergus 2013, Fig. 6: first-layer filters (a, b, c) and second-layer projections
(d, e) of networks beside each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

import numpy as np

from convscope.render.canvas import Canvas, Line, Part, Shot, Words, pixels_of, with_margin
from convscope.render.comparison.charts import band_rows, sorted_bars
from convscope.render.comparison.filters import filter_plate, largest
from convscope.render.comparison.says import (
    Row,
    alias_words,
    dead_words,
    dominance_words,
    first_words,
    grid_words,
    rows,
    second_words,
    sentences,
)
from convscope.render.gain import equal_contrast, paint
from convscope.render.jpeg import png
from convscope.render.lettering import INK, QUIET
from convscope.render.look.figure import LookFigure
from convscope.render.pictures.synthesis import plain
from convscope.render.plate import Plate
from convscope.render.plot import AXIS
from convscope.render.resize import resize, square
from convscope.render.tile import Pixels, as_color
from convscope.render.typeset import paragraph, shortened
from convscope.render.words import number, percent
from convscope.results.caption import caption_lines
from convscope.results.comparison import DRAWN, MEASURES, Comparison, Side
from convscope.tally.known import mean_known

COLUMN, BETWEEN = 460, 30
WIDE = 2 * COLUMN + BETWEEN
TILE, GAP, ACROSS = 52, 2, 4
"""Of projections and patches; so many abreast in each of the two plates."""
SHARP, MARGIN = 2, 16
A, B = 500, 730
"""Where the table's values begin."""


def comparison_png(result: Comparison) -> bytes:
    """The sheet as PNG bytes.

    >>> comparison_png.__name__
    'comparison_png'
    """
    return png(pixels_of(with_margin(comparison_canvas(result), MARGIN), SHARP))


def comparison_figure(result: Comparison) -> LookFigure:
    """The same as a figure, that saves itself as PNG or SVG with its numbers as JSON."""
    canvas = with_margin(comparison_canvas(result), MARGIN)
    title = f"{result.a.name} and {result.b.name}"
    return LookFigure(canvas, title, comparison_numbers(result), SHARP)


def comparison_canvas(result: Comparison) -> Canvas:
    """The sheet: what is of one network in its column, level with the same of the other."""
    parts: list[Part] = []
    y = 0.0
    for block in _blocks(result):
        parts += block.moved(0, y)
        y += block.height + 18
    return Canvas(WIDE, round(y - 18), tuple(parts))


def _blocks(result: Comparison) -> Iterator[Canvas]:
    def both(draw: Callable[[Side], Canvas]) -> Canvas:
        return _abreast([draw(side) for side in result.sides])

    yield both(_head)
    yield both(lambda side: _filters(side, is_own=False))
    yield both(lambda side: _filters(side, is_own=True))
    largest_size, finest = _top(result, "dominance", 2.0), _top(result, "alias", 0.1)
    yield both(lambda side: _dominance(side, largest_size))
    yield both(_bands)
    if any(side.stride > 1 for side in result.sides):
        yield both(lambda side: _alias(side, finest))
    yield both(_second)
    yield _table(result)
    yield _foot(result)


def _abreast(columns: Sequence[Canvas]) -> Canvas:
    parts = [p for i, one in enumerate(columns) for p in one.moved(i * (COLUMN + BETWEEN), 0)]
    return Canvas(WIDE, max(one.height for one in columns), tuple(parts))


def _titled(title: str, below: Sequence[Canvas | str]) -> Canvas:
    """A part of a column: its title, then pictures and sentences in their order."""
    parts: list[Part] = [Words(0, 0, title, 13, is_bold=True)] if title else []
    y = 21.0 if title else 0.0
    for one in below:
        if isinstance(one, Canvas):
            parts += one.moved(0, y)
            y += one.height + 5
        elif one:
            said, high = paragraph(one, 0, y, COLUMN, 11)
            parts, y = [*parts, *said], y + high + 3
    return Canvas(COLUMN, round(y), tuple(parts))


def _head(side: Side) -> Canvas:
    name = Words(0, 0, shortened(side.name, COLUMN * 0.92, 18), 18, is_bold=True)
    said, high = paragraph(first_words(side), 0, 27, COLUMN, 12, INK)
    return Canvas(COLUMN, round(27 + high), (name, *said))


def _filters(side: Side, *, is_own: bool) -> Canvas:
    plate = filter_plate(side.filters, COLUMN, is_own=is_own)
    if is_own:
        return _titled("Each filter to its own scale", ["Equal contrast, grey is zero.", plate])
    scale = f"Full scale ±{number(largest(side.filters))}, grey is zero."
    return _titled("First filters, one scale for all", [scale, plate])


def _top(result: Comparison, name: str, least: float) -> float:
    """Where a chart's axis ends, of both networks: at the largest of either."""
    values = np.concatenate([side.measure(name) for side in result.sides])
    return max(least, float(np.nanmax(values, initial=0)))


def _dominance(side: Side, top: float) -> Canvas:
    chart = sorted_bars(side.measure("dominance"), top, COLUMN, ("0", number(top)), 1.0)
    return _titled("Size over the median, largest first", [chart, dominance_words(side)])


def _bands(side: Side) -> Canvas:
    shares = np.array([mean_known(side.measure(name)) for name in ("low", "middle", "high")])
    chart = band_rows(shares, np.array(side.facts["white"]), COLUMN)
    return _titled("Energy by frequency, mean of the filters", [chart])


def _alias(side: Side, top: float) -> Canvas:
    said: list[Canvas | str] = [alias_words(side)]
    if side.stride > 1:
        said.insert(0, sorted_bars(side.measure("alias"), top, COLUMN, ("0", percent(top))))
    return _titled("Share of what they pass that is too fine for the stride", said)


def _second(side: Side) -> Canvas:
    below: list[Canvas | str] = [second_words(side)]
    if len(side.drawn):
        below += [_pairs(side), grid_words(side)]
    return _titled("Second layer", [*below, dead_words(side)])


def _pairs(side: Side) -> Canvas:
    """Projections on one plate and their patches on another, in the same order."""
    plate = Plate(len(side.drawn), TILE, TILE, ACROSS, GAP)
    left = plate.laid(lambda i: _projection(side.projections[i]))
    right = plate.laid(lambda i: _patch(side.patches[i]))
    at = left.shape[1] + 8
    return Canvas(at + right.shape[1], left.shape[0], (Shot(0, 0, left), Shot(at, 0, right)))


def _projection(tile: Any) -> Pixels:
    planes = resize(square(tile), TILE)
    return paint(planes, equal_contrast(planes))


def _patch(pixels: Pixels) -> Pixels:
    planes = resize(square(as_color(pixels).transpose(2, 0, 1), fill=128), TILE)
    return np.rint(planes).astype(np.uint8).transpose(1, 2, 0)


def _table(result: Comparison) -> Canvas:
    """The numbers; what differs is bold, what is the same is quiet."""
    parts: list[Part] = [Words(0, 0, "Numbers", 13, is_bold=True)]
    for x, side in ((A, result.a), (B, result.b)):
        parts.append(Words(x, 1, shortened(side.name, B - A - 12, 12), 12, ink=QUIET))
    parts.append(Line(((0, 20), (WIDE, 20)), 1, AXIS))
    y = 25.0
    for about, found in groupby(rows(result), lambda row: row.about):
        parts.append(Words(0, y + 4, about, 11, ink=QUIET))
        y += 22
        for row in found:
            parts += _row(row, y)
            y += 18
    return Canvas(WIDE, round(y), tuple(parts))


def _row(row: Row, y: float) -> Iterator[Part]:
    yield Words(0, y, row.name, 12)
    for x, said in ((A, row.a), (B, row.b)):
        yield Words(x, y, said, 12, row.differs, INK if row.differs else QUIET)


def _foot(result: Comparison) -> Canvas:
    parts: list[Part] = []
    y = 0.0
    for text in (*sentences(result), *caption_lines(result.caption)):
        said, high = paragraph(text, 0, y, WIDE, 11)
        parts, y = [*parts, *said], y + high + 3
    return Canvas(WIDE, round(y), tuple(parts))


def comparison_numbers(result: Comparison) -> dict[str, Any]:
    """Every number behind the sheet: facts, one row a first filter, one a projected channel."""
    return {
        "images": result.images,
        "networks": [_side_numbers(side) for side in result.sides],
        "table": [asdict(row) for row in rows(result)],
        "note": result.note,
        "caption": result.caption,
        "provenance": result.provenance,
    }


def _side_numbers(side: Side) -> dict[str, Any]:
    return side.facts | {
        "filters": _listed(MEASURES, side.measures),
        "projections": _listed(DRAWN, side.drawn),
    }


def _listed(names: Sequence[str], table: Any) -> list[dict[str, Any]]:
    return [dict(zip(names, map(plain, row), strict=True)) for row in table]
