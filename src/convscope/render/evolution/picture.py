"""The strip of Fig. 4: a block a layer, units down, checkpoints across, in each cell two pictures.

Source: Zeiler & Fergus 2013, Fig. 4: random units of each layer in rows, epochs in columns, the
strongest activation over all images projected down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.color.luts import GROUND
from convscope.render.canvas import Canvas, Line, Part, Shot, Words, sheet_png, with_margin
from convscope.render.evolution.says import decimal, lead, sentences, settled_words
from convscope.render.gain import equal_contrast, paint
from convscope.render.lettering import INK, QUIET, length
from convscope.render.look.figure import LookFigure
from convscope.render.numbers import as_json
from convscope.render.placeless import shareable
from convscope.render.strip import small
from convscope.render.tile import Pixels
from convscope.render.typeset import paragraph, shortened
from convscope.render.words import TIMES, count, number

if TYPE_CHECKING:
    from convscope.results.evolution import Evolution

TILE, BETWEEN, PAD = 52, 2, 3
CELL = 2 * TILE + BETWEEN + 2 * PAD
"""Projection and patch on their ground."""
JOINT, LEFT, RIGHT = 16, 34, 154
"""Between two checkpoints; for numbers of units; for what is said of a row."""
ROW = TILE + 2 * PAD + 22
HEAD = 44
BLOCK = 28
"""Between blocks."""
WIDEST = 1560
"""Blocks stand beside each other up to this."""
MARGIN = 16
LEGEND = (
    "Each cell: at left what in the patch excited the unit, grey is zero, at right the patch, the "
    "strongest of all images. Below: the activation, and how alike the projection is to that of "
    "the last checkpoint. A line joins checkpoints that have the same image."
)


def evolution_png(result: Evolution) -> bytes:
    """The strip by itself.

    >>> evolution_png.__name__
    'evolution_png'
    """
    return sheet_png(evolution_canvas(result))


def evolution_figure(result: Evolution) -> LookFigure:
    """The strip as a figure, to be saved as PNG or SVG with its numbers beside it.

    >>> evolution_figure.__name__
    'evolution_figure'
    """
    result = shareable(result)
    title = f"Evolution of {result.provenance['network']}"
    sheet = with_margin(evolution_canvas(result), MARGIN)
    return LookFigure(sheet, title, _numbers(result))


def evolution_canvas(result: Evolution) -> Canvas:
    """Blocks beside and below each other, what is said of all of them last."""
    result = shareable(result)
    blocks = [_block(result, at) for at in range(len(result.layers))]
    wide = blocks[0].width
    abreast = max(1, min(len(blocks), (WIDEST + BLOCK) // (wide + BLOCK)))
    sheet = abreast * (wide + BLOCK) - BLOCK
    parts: list[Part] = [
        Words(0, 0, f"Evolution of {result.provenance['network']}", 16, is_bold=True),
        *paragraph(lead(result), 0, 24, sheet, 12, INK)[0],
    ]
    top = 56.0
    for start in range(0, len(blocks), abreast):
        some = blocks[start : start + abreast]
        for column, block in enumerate(some):
            parts += block.moved(column * (wide + BLOCK), top)
        top += max(block.height for block in some) + BLOCK
    for text in (LEGEND, *sentences(result)):
        words, high = paragraph(text, 0, top, sheet)
        parts, top = [*parts, *words], top + high + 3
    return Canvas(sheet, round(top) + 2, tuple(parts))


def cell(result: Evolution, unit: int, column: int) -> tuple[Pixels, Pixels]:
    """Projection and patch of one unit at one checkpoint, as they are kept."""
    drawn = result.projection(unit, column)
    return paint(drawn, equal_contrast(drawn)), result.patch(unit, column)


def shown_units(result: Evolution, layer: int) -> Sequence[int]:
    """Units of a layer that are in the strip: the first that were drawn."""
    rows = int(result.provenance["options"]["rows"])
    found: list[int] = result.units_of(layer)[:rows].tolist()
    return found


def _block(result: Evolution, layer: int) -> Canvas:
    """One layer: its name, its epochs, a row a unit."""
    columns, units = len(result.epochs), shown_units(result, layer)
    wide = LEFT + columns * (CELL + JOINT) - JOINT + RIGHT
    parts: list[Part] = [*_head(result, layer, wide)]
    for row, unit in enumerate(units):
        parts += _row(result, unit).moved(0, HEAD + row * ROW)
    return Canvas(wide, HEAD + max(1, len(units)) * ROW, tuple(parts))


def _head(result: Evolution, layer: int, wide: int) -> Iterator[Part]:
    side = int(result.fields[layer])
    name = shortened(result.layers[layer], wide / 2, 13)
    yield Words(0, 0, name, 13, is_bold=True)
    seen = f"{side} {TIMES} {side} px"
    yield Words(length(name, 13, True) + 8, 1, seen, 12, ink=QUIET)
    yield Words(0, 26, "epoch", 11, ink=QUIET)
    for column, epoch in enumerate(result.epochs.tolist()):
        yield Words(_left(column) + PAD, 26, f"{epoch:,}", 11, is_bold=True)
    if not shown_units(result, layer):
        yield Words(0, HEAD, "No unit fires at the last checkpoint.", 12, ink=QUIET)
    yield Words(_left(len(result.epochs)) - JOINT + 10, 26, "settled", 11, ink=QUIET)


def _row(result: Evolution, unit: int) -> Canvas:
    """One unit: its number, its cells, and what is said of it at the end."""
    columns = len(result.epochs)
    wide = LEFT + columns * (CELL + JOINT) - JOINT + RIGHT
    parts: list[Part] = [Words(0, TILE / 2 - 4, str(result.channel[unit]), 12, is_bold=True)]
    for column in range(columns):
        parts += _cell(result, unit, column)
        has_image = result.images[unit, column] >= 0
        if column and has_image and not result.jumps[unit, column - 1]:
            y, x = PAD + TILE / 2, _left(column)
            parts.append(Line(((x - JOINT, y), (x, y)), 2))
    x = _left(columns) - JOINT + 10
    for line, text in enumerate(_said(result, unit)):
        parts.append(Words(x, 2 + 15 * line, text, 11, ink=QUIET))
    return Canvas(wide, ROW, tuple(parts))


def _cell(result: Evolution, unit: int, column: int) -> Iterator[Part]:
    plate = np.full((TILE + 2 * PAD, CELL, 3), GROUND, np.uint8)
    for place, tile in enumerate(cell(result, unit, column)):
        x = PAD + place * (TILE + BETWEEN)
        plate[PAD : PAD + TILE, x : x + TILE] = small(tile, TILE)
    x, y = _left(column), TILE + 2 * PAD + 2
    yield Shot(x, 0, plate)
    value = float(result.values[unit, column])
    yield Words(x, y, number(value) if result.images[unit, column] >= 0 else "silent", 10)
    like = decimal(float(result.unit_similarity_last[unit, column]))
    if np.isfinite(result.unit_similarity_last[unit, column]):
        yield Words(x + CELL, y, like, 10, ink=QUIET, is_right=True)


def _said(result: Evolution, unit: int) -> Iterator[str]:
    """When the unit settled, and how often its image changed."""
    yield f"projection {settled_words(result, int(result.unit_settled()[unit]))}"
    yield f"nine images {settled_words(result, int(result.unit_settled('overlap')[unit]))}"
    yield count(int(result.jumps[unit].sum()), "jump")


def _left(column: int) -> int:
    return LEFT + column * (CELL + JOINT)


def _numbers(result: Evolution) -> dict[str, Any]:
    """Everything but the pictures."""
    found: dict[str, Any] = as_json(result)
    return {key: value for key, value in found.items() if key not in ("projections", "patches")}
