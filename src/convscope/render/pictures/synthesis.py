"""The pictures of a layer's units on one sheet, each with its score; what is common said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.render.canvas import Canvas, Part, Words, pixels_of, with_margin
from convscope.render.jpeg import png
from convscope.render.lettering import QUIET, length
from convscope.render.look.figure import LookFigure
from convscope.render.picture import fitted
from convscope.render.pictures.says_synthesis import recipe_words, score_words, shift_of
from convscope.render.pictures.synthesis_tile import Tile, abreast, tiles_canvas
from convscope.render.typeset import paragraph
from convscope.render.words import TIMES, count, number, percent

if TYPE_CHECKING:
    from convscope.results.synthesis import Synthesis

SIDES = ((2, 340), (6, 227), (24, 160), (60, 120), (240, 84))
"""Up to so many pictures each is enlarged by whole factors to about that side; beyond, to 56."""
LEAST, WIDEST, NARROWEST = 56, 1900, 460
SHARP_TO = 1200
"""Sheets up to this width are drawn twice as large, so that words are sharp."""
MARGIN = 12


def synthesis_png(result: Synthesis) -> bytes:
    """The sheet as PNG bytes.

    >>> synthesis_png.__name__
    'synthesis_png'
    """
    return sheet_png(synthesis_canvas(result))


def sheet_png(canvas: Canvas) -> bytes:
    """A sheet with a margin, its words drawn sharper where that does not make it huge."""
    return png(pixels_of(with_margin(canvas, MARGIN), sharpness(canvas)))


def sharpness(canvas: Canvas) -> int:
    """Pixels of a PNG per unit of its sheet."""
    return 2 if canvas.width <= SHARP_TO else 1


def synthesis_figure(result: Synthesis) -> LookFigure:
    """The same as a figure, that saves itself as PNG or SVG with its numbers as JSON."""
    canvas = synthesis_canvas(result)
    title = f"Synthesized pictures of {result.layer}"
    return LookFigure(with_margin(canvas, MARGIN), title, numbers_of(result), sharpness(canvas))


def synthesis_canvas(result: Synthesis) -> Canvas:
    """The same as a sheet, for figures."""
    side = shown_side(len(result.pictures), max(result.pictures.shape[1:3]))
    pixels = [fitted(one, side) for one in result.pictures]
    height, width = pixels[0].shape[:2]
    tiles = [_tile(result, row, one) for row, one in enumerate(pixels)]
    columns = abreast(len(tiles), max(1, WIDEST // (width + 8)))
    sheet = tiles_canvas(tiles, height, width, columns)
    wide = max(sheet.width, NARROWEST)
    parts: list[Part] = [*_head(result, wide), *sheet.moved(0, 28)]
    y = 28.0 + sheet.height
    for text in sentences(result, height / result.pictures.shape[1]):
        said, high = paragraph(text, 0, y, wide)
        parts, y = [*parts, *said], y + high + 3
    return Canvas(wide, round(y) + 2, tuple(parts))


def shown_side(pictures: int, side: int) -> int:
    """The side that pictures are fitted to: no detail is lost while there are few.

    >>> shown_side(48, 36), shown_side(48, 227), shown_side(1, 64), shown_side(500, 227)
    (120, 227, 340, 112)
    """
    wanted = next((size for most, size in SIDES if pictures <= most), LEAST)
    return max(wanted, min(side, 227 if pictures <= 60 else 2 * wanted))


def _head(result: Synthesis, wide: float) -> Iterator[Part]:
    yield Words(0, 0, result.layer, 16, is_bold=True)
    facts = count(sum(status != "silent" for status in result.status), "picture")
    if length(result.layer, 16, True) + length(facts, 12) + 12 <= wide:
        yield Words(wide, 3, facts, 12, ink=QUIET, is_right=True)


def _tile(result: Synthesis, row: int, pixels: Any) -> Tile:
    is_silent = result.status[row] == "silent"
    head = unit_label(result, row)
    if is_silent:
        return Tile(None, head, "", says="silent")
    foot = ", ".join(filter(None, (measure(result, row), _mark(result, row))))
    return Tile(pixels, head, foot, is_outlined=_is_weaker(result, row))


def unit_label(result: Synthesis, row: int) -> str:
    """A unit's name below its layer's, and the seed where it has several pictures."""
    name = result.names[row].removeprefix(f"{result.layer}:").removeprefix("class:")
    several = Counter(result.names)[result.names[row]] > 1
    return f"{name} seed {result.starts[row]}" if several else name


def measure(result: Synthesis, row: int) -> str:
    """The score; where there is none the value, and that it is one where others have scores."""
    score = float(result.score[row])
    if np.isfinite(score):
        return score_words(score)
    value = number(float(result.values[row]))
    return f"value {value}" if np.isfinite(result.score).any() else value


def _is_weaker(result: Synthesis, row: int) -> bool:
    return bool(result.status[row] != "silent" and result.score[row] < 1)


def _mark(result: Synthesis, row: int) -> str:
    if result.status[row] == "diverged":
        return "diverged"
    return "weaker" if _is_weaker(result, row) else ""


def sentences(result: Synthesis, shown: float) -> Iterator[str]:
    """What is true of all pictures; ``shown`` is how much they are enlarged."""
    height, width = result.pictures.shape[1:3]
    large = f", shown {TIMES}{shown:.0f}" if shown > 1 else ""
    small = ", averaged down" if shown < 1 else ""
    yield (
        f"{height} {TIMES} {width} pixels{large}{small}. Recipe {recipe_words(result.provenance)}. "
        f"{starts_words(result)}"
    )
    drawn = np.array([status != "silent" for status in result.status])
    score, left = result.score[drawn], result.remaining[drawn]
    known = score[np.isfinite(score)]
    if len(known):
        weaker = " Those below 1, in dashes, are weaker than reality." if (known < 1).any() else ""
        yield (
            "Below each picture: the strongest activation on it over the strongest in the data. "
            f"{int((known >= 1).sum())} of {len(known)} reach 1 or more; median "
            f"{score_words(float(np.median(known)))}.{weaker}"
        )
    else:
        what = "the objective on it" if _is_own(result) else "the strongest activation on it"
        yield f"Below each picture: {what}."
    if np.isfinite(left).any():
        yield _left(result, float(np.nanmedian(left)))
    if result.note:
        yield result.note


def _is_own(result: Synthesis) -> bool:
    """Whether it is of an objective of one's own, not of units."""
    return bool(result.provenance.get("method") == "ascend")


def _left(result: Synthesis, median: float) -> str:
    after = f"After a shift of {shift_of(result)} px and a blur"
    if median >= 1:
        return f"{after}, nothing of the activation is lost (median)."
    return f"{after}, {percent(round(median, 2))} of the activation is left (median)."


def numbers_of(result: Synthesis) -> dict[str, Any]:
    """One row a picture, for the JSON beside a figure."""
    parts = {
        "name": result.names, "status": result.status, "value": result.values,
        "best": result.best, "score": result.score, "left": result.remaining,
        "seed": result.starts,
    }  # fmt: skip
    columns = zip(*(map(plain, part) for part in parts.values()), strict=True)
    rows = [dict(zip(parts, row, strict=True)) for row in columns]
    return {"layer": result.layer, "pictures": rows, "provenance": result.provenance}


def plain(value: Any) -> Any:
    """A number as JSON can hold it: none for what is no number.

    >>> plain(np.float64("nan")), plain(np.float64(2)), plain("relu1:7")
    (None, 2.0, 'relu1:7')
    """
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def starts_words(result: Synthesis) -> str:
    """How many starts there were, and from which seed.

    >>> starts_words.__name__
    'starts_words'
    """
    options = result.provenance["options"]
    starts, seed = options.get("starts", len(result.tries)), options.get("seed", 0)
    if starts == 1:
        return f"One start each, seed {seed}."
    is_all = options.get("keep") == "all"
    kept = "all are shown" if is_all else "shown is the strongest after a shift and a blur"
    return f"{starts} starts each, seeds {seed} to {seed + starts - 1}; {kept}."
