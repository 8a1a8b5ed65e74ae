"""The doctor's verdict on paper: what is indicated, the gravest findings, and every layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from convscope.render.canvas import Canvas, Color, Line, Part, Shot, Words, sheet_png
from convscope.render.health.chart import FLOOR_WORDS, Cell, LayerChart, LayerRow, layer_chart
from convscope.render.health.words import facts, sentences
from convscope.render.lettering import INK, PAPER, QUIET, length
from convscope.render.picture import hatch
from convscope.render.tile import Pixels
from convscope.render.typeset import LEADING, paragraph
from convscope.render.words import count
from convscope.results.finding import by_kind, in_common

if TYPE_CHECKING:
    from convscope.results.finding import Advice, Finding
    from convscope.results.health import Health

WIDTH = 900
GRAVEST = 5
"""Kinds of findings that are drawn; the others are counted."""
PLACES = 4
"""Layers of each."""
MOST = 60
"""Layers that are drawn."""
_LINE, _TROUGH, _BAR = (216, 216, 216), 232, 140
_NAME, _STATE, _COLUMN, _LONG, _HIGH = 170, 74, 131, 76, 7
"""Widths of the chart's columns, and length and height of a bar."""
_FLOORS = "Upright tick: {}, untrained{}. Triangle: {}, its weights in a random order."


def health_png(result: Health) -> bytes:
    """The verdict as PNG.

    >>> health_png.__name__
    'health_png'
    """
    return sheet_png(health_canvas(result))


def health_canvas(result: Health) -> Canvas:
    """All of it on one sheet."""
    parts: list[Part] = []
    low = 0.0
    for block in (_verdict, _advised, _found, _layers):
        made, high = block(result)
        parts += Canvas(WIDTH, round(high), tuple(made)).moved(0, low)
        low += high + 18
    return Canvas(WIDTH, round(low - 16), tuple(parts))


Block = tuple[list[Part], float]


def _verdict(result: Health) -> Block:
    """Headline, what it rests on, and what must be said with it."""
    first, rest = sentences(result.headline)
    head, y = paragraph(first, 0, 0, WIDTH, 20, INK, is_bold=True)
    parts: list[Part] = [*head]
    said = " · ".join(f"{name}: {value}" for name, value in facts(result))
    for text, size, ink in ((rest, 14, INK), (said, 11, QUIET), (result.note, 11, QUIET)):
        if text:
            lines, high = paragraph(text, 0, y + 4, WIDTH, size, ink)
            parts, y = [*parts, *lines], y + 4 + high
    return parts, y


def _advised(result: Health) -> Block:
    """A row for each change of the training."""
    if not result.advice:
        return [], -18.0
    parts, y = _titled("What to change")
    for one in result.advice:
        made, high = _advice(one, y)
        parts, y = [*parts, *made], y + high
    return [*parts, _rule(y)], y + 1


def _advice(one: Advice, y: float) -> Block:
    what, high = paragraph(one.what, 0, y + 5, 216, 12, INK, is_bold=True)
    why, tall = paragraph(one.why, 312, y + 5, WIDTH - 392, 12, INK)
    sure = Words(WIDTH, y + 5, one.certainty, 11, ink=QUIET, is_right=True)
    parts = [_rule(y), *what, *_answer(one.is_indicated, 232, y + 5), *why, sure]
    return parts, max(high, tall) + 8


def _answer(text: str, x: float, y: float) -> Iterator[Part]:
    """Yes on dark, maybe framed, unknown in dashes, no plain: told apart without color."""
    if text in ("maybe", "unknown"):
        yield _frame(x - 5, y - 2, length(text, 11) + 10, 17, (3.0, 2.0) * (text == "unknown"))
    yield Words(x, y, text, 11, is_chip=text == "yes", ink=QUIET if text == "no" else INK)


def _frame(x: float, y: float, wide: float, high: float, dash: tuple[float, ...] = ()) -> Line:
    corners = ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high), (x, y))
    return Line(corners, 1, INK, dash)


def _found(result: Health) -> Block:
    """The gravest kinds of findings with evidence and remedy; the rest counted."""
    found = [some for _, some in by_kind(result.findings)]
    parts, y = _titled("What was found" if found else "Nothing is beyond a threshold")
    for some in found[:GRAVEST]:
        made, high = _kind(some, y)
        parts, y = [*parts, *made], y + high
    rest = {some[0].kind: len(some) for some in found[GRAVEST:]}
    if rest:
        kinds = ", ".join(f"{amount} {kind}" for kind, amount in rest.items())
        said = f"And {count(sum(rest.values()), 'more', 'more')}, less grave: {kinds}."
        lines, high = paragraph(said, 0, y + 6, WIDTH, 12)
        parts, y = [*parts, _rule(y), *lines], y + 6 + high
    return parts, y


def _kind(some: Sequence[Finding], y: float) -> Block:
    """All findings of a kind: where, and once what they share."""
    kind, left, wide = some[0].kind, 110, WIDTH - 110
    parts: list[Part] = [_rule(y), Words(3, y + 7, kind, 11, is_chip=kind == "dead")]
    if kind != "dead":
        parts.append(_frame(0, y + 4, length(kind, 11) + 6, 17))
    parts.append(Words(0, y + 25, some[0].certainty, 11, ink=QUIET))
    low = y + 6
    for text, size, ink in _said(some):
        lines, high = paragraph(text, left, low, wide, size, ink, is_bold=size == 13)
        parts, low = [*parts, *lines], low + high + 1
    return parts, max(low - y + 5, 44)


def _said(some: Sequence[Finding]) -> Iterator[tuple[str, int, Color]]:
    """Texts with their sizes and inks."""
    for one in some[:PLACES]:
        yield one.says, 13, INK
    if len(some) > PLACES:
        yield f"And in {count(len(some) - PLACES, 'more layer')}.", 12, QUIET
    shared = in_common(one.evidence for one in some), in_common(one.remedy for one in some)
    for text, ink in zip(shared, (INK, QUIET), strict=True):
        if text:
            yield text, 12, ink


def _layers(result: Health) -> Block:
    """A line a layer: name, state, and a bar a measure with its two floors."""
    chart = layer_chart(result)
    parts, y = _titled("Layer by layer")
    legend, high = paragraph(_legend(result), 0, y, WIDTH, 11)
    heads, tall = _heads(chart, y + high + 6)
    parts, y = [*parts, *legend, *heads], y + high + 6 + tall
    for row in chart.rows[:MOST]:
        made, high = _row(row, y)
        parts, y = [*parts, *made], y + high
    rest = len(chart.rows) - MOST
    if rest > 0:
        parts.append(Words(0, y + 6, f"And {count(rest, 'more layer')}.", 12, ink=QUIET))
        y += 24
    return parts, y


def _legend(result: Health) -> str:
    begun, mixed = FLOOR_WORDS
    start = result.provenance.get("start")
    return _FLOORS.format(f"the same network {begun}", f" ({start})" if start else "", mixed)


def _heads(chart: LayerChart, y: float) -> Block:
    columns = []
    for measure, top in zip(chart.columns, chart.tops, strict=True):
        said, high = paragraph(measure.says, 0, 0, _COLUMN - 12, 10)
        full, _ = paragraph(f"full bar: {top}", 0, high, _COLUMN - 12, 10)
        columns.append((measure.title, (*said, *full)))
    most = max((len(said) for _, said in columns), default=0)
    base = y + 17 + most * 10 * LEADING
    parts: list[Part] = [Words(0, base - 16, "layer, first to last", 11, ink=QUIET),
                         Words(_NAME + 8, base - 16, "pattern", 11, ink=QUIET)]  # fmt: skip
    for place, (title, said) in enumerate(columns):
        x, high = _place(place), base - 4 - len(said) * 10 * LEADING
        parts.append(Words(x, high - 15, title, 12, is_bold=True))
        parts += Canvas(_COLUMN, 1, said).moved(x, high)
    return parts, base - y


def _place(column: int) -> float:
    return _NAME + _STATE + 8 + column * _COLUMN


def _row(row: LayerRow, y: float) -> Block:
    name, high = paragraph(row.name, 0, y + 4, _NAME, 12, INK)
    parts: list[Part] = [_rule(y), *name, Shot(_NAME + 8, y + 6, glyph(row.state)),
                         Words(_NAME + 24, y + 4, row.pattern, 11)]  # fmt: skip
    for place, cell in enumerate(row.cells):
        parts += _cell(cell, _place(place), y + 4)
    return parts, max(high, 14) + 6


def _cell(cell: Cell, x: float, y: float) -> Iterator[Part]:
    """The number at the left, the bar after it, the floors across and below it."""
    yield Words(x + 38, y, cell.text, 11, is_right=True)
    if cell.bar is None:
        return
    left = x + 44
    bar = np.full((_HIGH, _LONG, 3), _TROUGH, np.uint8)
    bar[:, : round(_LONG * cell.bar)] = _BAR
    yield Shot(left, y + 3, bar)
    start, shuffled = (None if one is None else left + _LONG * one for one in cell.floors)
    if shuffled is not None:
        tip = min(max(shuffled, left + 3), left + _LONG - 3)
        low = y + 9
        sides = ((tip, low), (tip + 3, low + 5), (tip - 3, low + 5), (tip, low))
        yield Line((*sides, (tip, low + 5)), 1)
    if start is not None:
        at = min(max(start, left + 1), left + _LONG - 1)
        yield Line(((at, y), (at, y + 11)), 2)


def glyph(state: str, side: int = 11) -> Pixels:
    """A square for a layer's state: full, half full, hatched, or in dashes.

    >>> [int(glyph(state)[5, 5, 0]) for state in ("trained", "unknown")]
    [20, 255]
    """
    made = np.full((side, side, 3), PAPER, np.uint8)
    if state == "noise":
        made = np.where(hatch(side, side) < 100, np.uint8(INK[0]), np.uint8(PAPER))
    edge = np.ones((side, side), bool)
    edge[1:-1, 1:-1] = False
    if state not in ("trained", "begun", "noise"):
        y, x = np.mgrid[:side, :side]
        edge &= (x + y) % 4 < 2
    made[edge] = INK
    if state == "trained":
        made[:] = INK
    if state == "begun":
        made[side // 2 :] = INK
    return made


def _titled(title: str) -> Block:
    return [Words(0, 0, title, 14, is_bold=True)], 24.0


def _rule(y: float) -> Line:
    return Line(((0, y), (WIDTH, y)), 1, _LINE)
