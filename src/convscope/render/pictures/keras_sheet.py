"""The published sheet of the strongest filters, and that they are a selection.

Source: Chollet 2016, "How convolutional neural networks see the world": of the first 200 filters of
a layer the 64 of highest loss, stitched 8 by 8 with a margin of 5 pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from convscope.color.luts import GROUND
from convscope.errors import UsageError
from convscope.render.canvas import Canvas, Part, Shot, Words, with_margin
from convscope.render.look.figure import LookFigure
from convscope.render.pictures.says_synthesis import recipe_words, score_words
from convscope.render.pictures.synthesis import MARGIN, NARROWEST, numbers_of, sharpness
from convscope.render.resize import enlarge
from convscope.render.tile import Pixels, as_color
from convscope.render.typeset import paragraph
from convscope.render.words import TIMES, number

if TYPE_CHECKING:
    from convscope.results.synthesis import Synthesis

MARGIN_PX = 5
FILTERS, KEPT = 200, 64
_WIDE = 460
"""Small sheets are enlarged by a whole factor to about this."""


def keras_sheet(result: Synthesis, *, kept: int = KEPT) -> LookFigure:
    """Stitch the strongest pictures of a layer, strongest first.

    Args:
        result: one picture a filter, by the preset ``keras-blog``; the blog takes the first 200,
            and the loss of each climb's last step. Pictures from an atlas have none: they are
            ordered by the strongest activation on them.
        kept: how many, a square number.

    Raises:
        UsageError: it is no square number, or no filter was drawn.
    """
    columns = isqrt(kept)
    if columns**2 != kept or not kept:
        raise UsageError(f"The sheet is square, so {kept} pictures do not fit; keep 64, 49 or 36.")
    by = result.values if result.losses is None else result.losses
    rows = strongest(result, by)[:kept]
    if not rows:
        raise UsageError(f"No filter of {result.layer} was drawn, so there is nothing to keep.")
    pixels = stitched([as_color(result.pictures[row]) for row in rows], columns)
    canvas = _canvas(result, rows, pixels, _words(result, by, rows))
    numbers = numbers_of(result) | {"kept": rows, "kept_by": by[rows].tolist()}
    title = f"{_counts(result, rows)} of {result.layer}"
    return LookFigure(with_margin(canvas, MARGIN), title, numbers, sharpness(canvas))


def strongest(result: Synthesis, by: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[int]:
    """Rows that were drawn, of highest loss first; those without loss are skipped, as in the blog.

    >>> strongest.__name__
    'strongest'
    """
    order = np.argsort(-np.nan_to_num(by, nan=-np.inf), kind="stable").tolist()
    return [row for row in order if by[row] > 0 and result.status[row] != "silent"]


def stitched(pictures: Sequence[Pixels], columns: int) -> Pixels:
    """Pictures row by row in a square, 5 pixels of ground between them.

    >>> stitched([np.zeros((4, 4, 3), np.uint8)] * 3, 2).shape
    (13, 13, 3)
    """
    height, width = pictures[0].shape[:2]
    down, right = height + MARGIN_PX, width + MARGIN_PX
    sheet = np.full((columns * down - MARGIN_PX, columns * right - MARGIN_PX, 3), GROUND, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = i // columns * down, i % columns * right
        sheet[y : y + height, x : x + width] = picture
    return sheet


def _counts(result: Synthesis, rows: Sequence[int]) -> str:
    return f"The {len(rows)} strongest of {len(result.names)} filters: a selection"


def _canvas(result: Synthesis, rows: Sequence[int], pixels: Pixels, said: Iterator[str]) -> Canvas:
    factor = max(1, _WIDE // pixels.shape[1])
    large = np.ascontiguousarray(enlarge(pixels.transpose(2, 0, 1), factor).transpose(1, 2, 0))
    plate = np.pad(large, [(MARGIN_PX,) * 2, (MARGIN_PX,) * 2, (0, 0)], constant_values=GROUND)
    wide = max(plate.shape[1], NARROWEST)
    head, tall = paragraph(_counts(result, rows), 0, 24, wide, 13, is_bold=True)
    parts: list[Part] = [Words(0, 0, result.layer, 16, is_bold=True), *head]
    top = 24 + tall + 6
    parts.append(Shot(0, top, plate))
    y = top + plate.shape[0] + 6.0
    for sentence in said:
        words, high = paragraph(sentence, 0, y, wide)
        parts, y = [*parts, *words], y + high + 3
    return Canvas(wide, round(y) + 2, tuple(parts))


def _words(
    result: Synthesis,
    by: np.ndarray[tuple[int], np.dtype[np.float64]],
    rows: Sequence[int],
) -> Iterator[str]:
    height, width = result.pictures.shape[1:3]
    what = "the strongest activation" if result.losses is None else "the last step's loss"
    ends = number(float(by[rows[0]])), number(float(by[rows[-1]]))
    yield f"Strongest first, row by row, by {what}: {ends[0]} to {ends[1]}."
    yield (
        f"{height} {TIMES} {width} pixels each. Recipe {recipe_words(result.provenance)}, as in "
        f"Chollet 2016{_standardized(result)}."
    )
    score = result.score[list(rows)]
    if np.isfinite(score).any():
        reach = int((score >= 1).sum())
        yield (
            f"{reach} of these {len(rows)} drive their filter as far as the strongest in the data "
            f"or further; median {score_words(float(np.nanmedian(score)))} times."
        )
    channels = ", ".join(str(result.channels[row]) for row in rows)
    yield f"Channels: {channels}."


def _standardized(result: Synthesis) -> str:
    is_so = result.provenance["options"]["recipe"].get("shown") == "standardized"
    return "; shown with mean 127.5 and standard deviation 25.5" if is_so else ""
