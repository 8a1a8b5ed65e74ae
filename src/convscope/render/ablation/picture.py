"""An ablation as a table with its errors drawn: a row a variant, as Zeiler & Fergus' Table 3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from convscope.render.ablation.words import answer, points
from convscope.render.canvas import Canvas, Color, Line, Part, Words, sheet_png
from convscope.render.lettering import INK, QUIET
from convscope.render.placeless import shareable
from convscope.render.typeset import paragraph, shortened
from convscope.render.words import count
from convscope.results.ablation_rule import verdicts

if TYPE_CHECKING:
    from convscope.results.ablation import Ablation, Floats

WIDE, ROW, HEAD = 938, 26, 62
NAMES, COUNTS, LEFT, RIGHT = 190, 272, 300, 640
"""Where names end, where parameters end, and the plot between."""
COLUMNS = {"train error": 706, "held-out error": 794, "top-5 error": 868, "than whole": 938}
"""Right ends of the columns of numbers."""
TRAIN, RULE, AXIS = (140, 140, 140), (216, 216, 216), (138, 138, 138)
MARK = 8
"""Side of a mark."""


@dataclass(frozen=True)
class Scale:
    """Errors across the plot, from none to the next tenth above the largest."""

    most: float

    def across(self, error: float) -> float:
        """Where an error stands."""
        return LEFT + (RIGHT - LEFT) * error / self.most


def ablation_png(result: Ablation) -> bytes:
    """The table with its words.

    >>> ablation_png.__name__
    'ablation_png'
    """
    return sheet_png(ablation_canvas(result))


def ablation_canvas(result: Ablation) -> Canvas:
    """Names, sizes, errors as marks and as numbers; what was found below."""
    result = shareable(result)
    rows = len(result.names)
    scale, foot = _scale(result), HEAD + ROW * rows + 30
    parts: list[Part] = [*_head(result), *_axis(result, scale, rows)]
    for place in range(rows):
        parts += _row(result, scale, place)
    words, high = paragraph(answer(result), 0, foot, WIDE, 12)
    return Canvas(WIDE, round(foot + high) + 4, (*parts, *words))


def _scale(result: Ablation) -> Scale:
    known = np.concatenate([result.error.ravel(), result.train_error.ravel()])
    known = known[np.isfinite(known)]
    return Scale(max(ceil(10 * float(known.max())) / 10 if len(known) else 1.0, 0.1))


def _head(result: Ablation) -> Iterator[Part]:
    of = (
        f"{result.specs[0]} on {result.data}: {count(result.train_images, 'training image')}, "
        f"{count(result.images, 'held-out image')}, {count(result.epochs, 'epoch')}, "
        f"{count(len(result.seeds), 'seed')}"
    )
    yield Words(0, 0, shortened(of, WIDE, 12), 12, is_bold=True)
    y = HEAD - 22
    yield Words(0, y, "variant", 11, ink=QUIET)
    yield Words(COUNTS, y, "parameters", 11, ink=QUIET, is_right=True)
    yield from _mark(LEFT + MARK / 2, y + 7, TRAIN, is_hollow=True)
    yield Words(LEFT + 16, y, "error on training images", 11, ink=QUIET)
    yield from _mark(LEFT + 178, y + 7, INK)
    yield Words(LEFT + 190, y, "on held-out images", 11, ink=QUIET)
    for name, right in _columns(result):
        yield Words(right, y, name, 11, ink=QUIET, is_right=True)


def _columns(result: Ablation) -> Iterator[tuple[str, int]]:
    """The columns of numbers there are."""
    for name, right in COLUMNS.items():
        if name != "top-5 error" or np.isfinite(result.top5_error).any():
            yield name, right


def _axis(result: Ablation, scale: Scale, rows: int) -> Iterator[Part]:
    bottom = HEAD + ROW * rows + 2
    yield Line(((0, HEAD - 4), (WIDE, HEAD - 4)), 1, AXIS)
    yield Line(((LEFT, bottom), (RIGHT, bottom)), 1, AXIS)
    for tenth in range(0, round(10 * scale.most) + 1, 1 if scale.most <= 0.5 else 2):
        x = scale.across(tenth / 10)
        yield Line(((x, bottom), (x, bottom + 3)), 1, AXIS)
        text = f"{10 * tenth} %" if tenth == 0 else f"{10 * tenth}"
        yield Words(x - 6, bottom + 6, text, 11, ink=QUIET)
    known = result.error[0][np.isfinite(result.error[0])]
    if len(known):
        x = scale.across(float(known.mean()))
        yield Line(((x, HEAD - 2), (x, bottom)), 1, AXIS, (3, 3))


def _row(result: Ablation, scale: Scale, place: int) -> Iterator[Part]:
    top = HEAD + ROW * place
    middle, text = top + ROW / 2, top + ROW / 2 - 8
    if place:
        yield Line(((0, top), (WIDE, top)), 1, RULE)
    yield Words(0, text, shortened(result.names[place], NAMES, 12), 12, is_bold=place == 0)
    parameters = int(result.parameters[place])
    yield Words(COUNTS, text, f"{parameters:,}" if parameters else "–", 12, is_right=True)
    yield from _marks(scale, result.train_error[place], middle, TRAIN, is_hollow=True)
    yield from _marks(scale, result.error[place], middle, INK)
    said = {
        "train error": _percent(result.train_error[place]),
        "held-out error": _percent(result.error[place]),
        "top-5 error": _percent(result.top5_error[place]),
        "than whole": points(verdicts(result)[place].mean) if place else "",
    }
    for name, right in _columns(result):
        yield Words(right, text, said[name], 12, is_right=True)


def _marks(
    scale: Scale, errors: Floats, y: float, ink: Color, *, is_hollow: bool = False
) -> Iterator[Part]:
    """The mean over seeds, on a line from the lowest to the highest."""
    known = errors[np.isfinite(errors)]
    if len(known):
        ends = scale.across(float(known.min())), scale.across(float(known.max()))
        yield Line(((ends[0], y), (ends[1], y)), 2, ink)
        yield from _mark(scale.across(float(known.mean())), y, ink, is_hollow=is_hollow)


def _mark(x: float, y: float, ink: Color, *, is_hollow: bool = False) -> Iterator[Part]:
    half = MARK / 2
    if not is_hollow:
        yield Line(((x - half, y), (x + half, y)), MARK, ink)
        return
    half -= 0.75
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    yield Line(tuple((x + half * a, y + half * b) for a, b in corners), 1.5, ink)


def _percent(errors: Floats) -> str:
    known = errors[np.isfinite(errors)]
    return f"{100 * known.mean():.1f} %" if len(known) else "–"
