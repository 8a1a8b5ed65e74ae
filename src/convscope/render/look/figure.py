"""A comparison as one figure: every look with its caption, as PNG and as SVG."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from convscope.errors import UsageError
from convscope.render.canvas import Canvas, Part, Shot, Words, pixels_of, svg_of
from convscope.render.jpeg import png
from convscope.render.lettering import INK, QUIET
from convscope.render.look.page import LookSite
from convscope.render.look.panel import Panel
from convscope.render.picture import Picture, boxed
from convscope.render.plot import on_canvas
from convscope.render.row import row
from convscope.render.tile import Pixels
from convscope.render.typeset import paragraph
from convscope.render.words import percent
from convscope.results.caption import caption_lines
from convscope.storage import write_whole

WIDE, COLUMN, BETWEEN = 938, 460, 18
"""As on the page: two columns, or a row of five across both."""
MARGIN, ROW_GAP = 16, 26
FACTOR = 2
"""Pixels of the PNG per unit of the sheet, so that words stay sharp in print."""


@dataclass(frozen=True)
class LookFigure:
    """A sheet with all looks, and the numbers in it."""

    canvas: Canvas
    title: str
    numbers: dict[str, Any]
    factor: int = FACTOR
    """Pixels of the PNG per unit of the sheet."""

    @cached_property
    def pixels(self) -> Pixels:
        """(h, w, 3), enlarged by the factor."""
        return pixels_of(self.canvas, self.factor)

    @cached_property
    def svg(self) -> str:
        """The same with real words, its pictures embedded."""
        return svg_of(self.canvas, self.title)

    def _repr_png_(self) -> bytes:
        return png(self.pixels)

    def save(self, path: Path | str) -> Path:
        """Write it as ``.png`` or ``.svg``, its numbers as JSON beside it; returns its path.

        Raises:
            UsageError: the name ends in something else.
            StorageError: it could not be written.
        """
        path = Path(path)
        check_name(path)
        is_svg = path.suffix.lower() == ".svg"
        write_whole(path, self.svg.encode() if is_svg else png(self.pixels))
        write_whole(path.with_suffix(".json"), json.dumps(self.numbers, indent=1).encode())
        return path


def check_name(path: Path) -> None:
    """Refuse a name that says no kind of figure, before anything is computed.

    Raises:
        UsageError: it ends in something else than .png or .svg.
    """
    if path.suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"{path.name!r} names no kind of figure. Let it end in .png or .svg.")


def look_figure(site: LookSite) -> LookFigure:
    """Lay the looks of a comparison on one sheet."""
    parts: list[Part] = []
    y = float(MARGIN)
    for block in (_head(site), *_blocks(site), _foot(site)):
        parts += block.moved(MARGIN, y)
        y += block.height + ROW_GAP
    sheet = Canvas(WIDE + 2 * MARGIN, round(y - ROW_GAP + MARGIN), tuple(parts))
    return LookFigure(sheet, f"{site.title}, {site.network}", _numbers(site))


def _head(site: LookSite) -> Canvas:
    """The image and what the network says of it."""
    picture = Picture("Image", site.shown, box=site.box)
    left = site.shown.shape[1] + 24
    parts: list[Part] = [Shot(0, 0, boxed(picture)), Words(left, 0, site.title, 22, is_bold=True)]
    y = 36.0
    said = [f"{site.network}, {site.image}" + (f", labeled {site.label}" if site.label else "")]
    if site.box is not None:
        said.append(f"The box is what the strongest cell of {site.subject.unit} sees.")
    said += site.subject.notes
    for text in said:
        words, high = paragraph(text, left, y, WIDE - left, 13, INK)
        parts, y = [*parts, *words], y + high + 4
    y += 8
    for answer in site.subject.answers:
        name = f"{answer.name} (true)" if answer.is_label else answer.name
        parts.append(Words(left, y, name, 12))
        parts.append(
            Words(left + 300, y, percent(answer.probability), 12, ink=QUIET, is_right=True)
        )
        y += 18
    return Canvas(WIDE, round(max(site.shown.shape[0], y)), tuple(parts))


def _blocks(site: LookSite) -> list[Canvas]:
    """Rows of the figure: two narrow looks, or a wide one."""
    made: list[Canvas] = []
    for section in site.sections:
        head, tall = paragraph(section.title, 0, 0, WIDE, 16, INK, is_bold=True)
        words, high = paragraph(section.words, 0, tall + 2, WIDE)
        made.append(Canvas(WIDE, round(tall + 2 + high), (*head, *words)))
        waiting: list[Panel] = []
        for panel in section.panels:
            if panel.is_wide:
                made += [*_pairs(waiting), _panel(panel, WIDE)]
                waiting = []
            else:
                waiting.append(panel)
        made += _pairs(waiting)
    return made


def _pairs(panels: Sequence[Panel]) -> list[Canvas]:
    made = []
    for place in range(0, len(panels), 2):
        two = [_panel(one, COLUMN) for one in panels[place : place + 2]]
        parts = [p for i, one in enumerate(two) for p in one.moved(i * (COLUMN + BETWEEN), 0)]
        made.append(Canvas(WIDE, max(one.height for one in two), tuple(parts)))
    return made


def _panel(panel: Panel, width: int) -> Canvas:
    """A look's title, pictures and sentences."""
    is_named = bool(panel.pictures) and panel.has_own_name
    parts: list[Part] = [] if is_named else [Words(0, 0, panel.title, 13, is_bold=True)]
    y = 0.0 if is_named else 20.0
    for drawn in _drawn(panel):
        parts += drawn.moved(0, y)
        y += drawn.height + 4
    for text in _sentences(panel):
        words, high = paragraph(text, 0, y, width, 11)
        parts, y = [*parts, *words], y + high + 3
    return Canvas(width, round(y), tuple(parts))


def _drawn(panel: Panel) -> list[Canvas]:
    if panel.plot is not None:
        return [on_canvas(panel.plot)]
    return [row(panel.pictures, gap=6 if panel.is_wide else 3)] if panel.pictures else []


def _sentences(panel: Panel) -> list[str]:
    return [
        *(f"{name}: cannot be right here. {said}" for name, said in panel.errors),
        *([] if panel.absent is None else [panel.absent.what]),
        " ".join((*caption_lines(panel.caption), panel.sanity)).rstrip(),
        *panel.notes,
    ]


def _foot(site: LookSite) -> Canvas:
    text = f"convscope, {site.network}, model {site.weights}, {site.image}, {site.date}"
    words, high = paragraph(text, 0, 0, WIDE, 11)
    return Canvas(WIDE, round(high), words)


def _numbers(site: LookSite) -> dict[str, Any]:
    looks = {
        recipe.file: dict(recipe.numbers) | {"made": dict(recipe.facts)}
        for panel in site.panels
        for recipe in panel.recipes
        if recipe.file
    }
    return {"title": site.title, "made": dict(site.facts), "looks": looks}
