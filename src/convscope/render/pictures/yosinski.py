"""The published figure of four regularizations: each unit in four blocks of nine starts.

Source: Yosinski et al. 2015, Fig. 4 and Table 1: for each unit a block of 2 x 2 blocks, one for
each line of the table in its order (the first top left, the third bottom left), each of 3 x 3
pictures from different starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from convscope.color.luts import GROUND
from convscope.errors import UsageError
from convscope.render.canvas import Canvas, Part, Shot, Words, with_margin
from convscope.render.look.figure import LookFigure
from convscope.render.picture import fitted
from convscope.render.pictures.says_synthesis import recipe_words, score_words
from convscope.render.pictures.synthesis import MARGIN, numbers_of, sharpness
from convscope.render.tile import Pixels
from convscope.render.typeset import paragraph, shortened
from convscope.render.words import TIMES

if TYPE_CHECKING:
    from convscope.results.synthesis import Synthesis

PLACES = ("Top left", "top right", "bottom left", "bottom right")
SEEDS = 9
TILE, BLOCK, BETWEEN = 2, 8, 24
"""Gaps between pictures, between blocks, and between units."""
_LARGE, _SMALL = 227, 113
"""Sides that pictures are fitted to: of one unit, and of several."""
_ABREAST = 3


def yosinski_figure(results: Sequence[Synthesis]) -> LookFigure:
    """Lay out what the four presets draw of the same units.

    Args:
        results: of the presets ``yosinski-1`` to ``yosinski-4``, in this order, each with
            ``SynthesizeOptions(preset, starts=9, keep="all")``: of each unit nine pictures.

    Raises:
        UsageError: they are not four, not of the same units, or not of nine starts each.
    """
    units = _units(results)
    layer, several = results[0].layer, len(units) > 1
    side = _SMALL if several else _LARGE
    sheets = [_unit(results, rows, name, side) for name, rows in units.items()]
    canvas = _sheet(layer, sheets, list(_sentences(results)))
    title = f"{layer}: four regularizations, nine starts each"
    numbers = {"layer": layer, "blocks": [numbers_of(result) for result in results]}
    return LookFigure(with_margin(canvas, MARGIN), title, numbers, sharpness(canvas))


def _units(results: Sequence[Synthesis]) -> dict[str, list[int]]:
    """Rows of each unit, in the order of their seeds; the same in all four."""
    if len(results) != len(PLACES):
        raise UsageError(
            f"The figure has four blocks a unit, and {len(results)} results were given. Draw the "
            "units by yosinski-1, yosinski-2, yosinski-3 and yosinski-4."
        )
    first = results[0]
    shapes = {(result.layer, result.names, result.pictures.shape) for result in results}
    names = list(dict.fromkeys(first.names))
    if len(shapes) > 1 or any(first.names.count(name) != SEEDS for name in names):
        raise UsageError(
            "The figure needs the same units in all four, each from nine starts. Draw them with "
            "--starts 9 --keep all, on canvases of one size."
        )
    seeds = first.starts
    return {
        name: sorted((i for i, n in enumerate(first.names) if n == name), key=seeds.__getitem__)
        for name in names
    }


def _unit(results: Sequence[Synthesis], rows: Sequence[int], name: str, side: int) -> Canvas:
    """One unit under its name."""
    blocks = [_block([_shown(result, row, side) for row in rows]) for result in results]
    between = [np.full((blocks[0].shape[0], BLOCK, 3), GROUND, np.uint8)]
    lines = [np.concatenate([blocks[i], *between, blocks[i + 1]], axis=1) for i in (0, 2)]
    rule = np.full((BLOCK, lines[0].shape[1], 3), GROUND, np.uint8)
    plate = np.pad(
        np.concatenate([lines[0], rule, lines[1]]),
        [(BLOCK, BLOCK), (BLOCK, BLOCK), (0, 0)],
        constant_values=GROUND,
    )
    is_silent = all(result.status[row] == "silent" for result in results for row in rows)
    said = name.removeprefix("class:") + " stays silent: nothing to draw" * is_silent
    short = shortened(said, plate.shape[1] * 0.93, 13)
    head = Words(0, 0, short, 13, is_bold=True)
    return Canvas(plate.shape[1], plate.shape[0] + 20, (head, Shot(0, 20, plate)))


def _shown(result: Synthesis, row: int, side: int) -> Pixels:
    pixels = fitted(result.pictures[row], side)
    return np.full_like(pixels, GROUND) if result.status[row] == "silent" else pixels


def _block(pictures: Sequence[Pixels]) -> Pixels:
    """Nine pictures, three by three, row by row."""
    height, width = pictures[0].shape[:2]
    block = np.full((3 * height + 2 * TILE, 3 * width + 2 * TILE, 3), GROUND, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = i // 3 * (height + TILE), i % 3 * (width + TILE)
        block[y : y + height, x : x + width] = picture
    return block


def _sheet(layer: str, sheets: Sequence[Canvas], said: Sequence[str]) -> Canvas:
    """Units beside and below each other, what is true of all of them last."""
    step_x, step_y = sheets[0].width + BETWEEN, sheets[0].height + BETWEEN
    columns = min(len(sheets), _ABREAST)
    wide = columns * step_x - BETWEEN
    parts: list[Part] = [Words(0, 0, layer, 16, is_bold=True)]
    for i, sheet in enumerate(sheets):
        parts += sheet.moved(i % columns * step_x, 30 + i // columns * step_y)
    y = 30.0 + -(-len(sheets) // columns) * step_y - BETWEEN + 8
    for sentence in said:
        words, high = paragraph(sentence, 0, y, wide)
        parts, y = [*parts, *words], y + high + 3
    return Canvas(wide, round(y) + 2, tuple(parts))


def _sentences(results: Sequence[Synthesis]) -> Iterator[str]:
    height, width = results[0].pictures.shape[1:3]
    seeds = sorted(set(results[0].starts))
    named = ", ".join(
        f"{place} {recipe_words(result.provenance)}"
        for place, result in zip(PLACES, results, strict=True)
    )
    yield (
        f"Each unit in four blocks of nine starts (seeds {seeds[0]} to {seeds[-1]}), as in "
        f"Yosinski et al. 2015, Fig. 4. {named}. {height} {TIMES} {width} pixels each."
    )
    known = [result.score[np.isfinite(result.score)] for result in results]
    if all(map(len, known)):
        medians = ", ".join(score_words(float(np.median(score))) for score in known)
        yield (
            "The strongest activation on a picture over the strongest in the data, median of each "
            f"block in that order: {medians}; below 1 is weaker than reality."
        )
    yield from dict.fromkeys(result.note for result in results if result.note)
