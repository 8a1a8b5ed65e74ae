"""The learner's experiment as one figure: a row a measure, a column a layer, a line a data size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log10
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.render.canvas import Canvas, Color, Line, Part, Words, sheet_png
from convscope.render.learning.words import NAMES, value_words
from convscope.render.lettering import QUIET, length
from convscope.render.typeset import paragraph, shortened, wrapped
from convscope.render.words import count, percent

if TYPE_CHECKING:
    from convscope.results.learning import Floats, Learning

WIDE, LABELS, GAP = 938, 122, 8
"""Of the figure, of the names at the left, and between panels."""
HIGH, ROW = 62, 82
"""Of a panel, and from one row to the next."""
TOP_HIGH, TOP_WIDE = 150, 420
"""Of the panel with accuracies."""
COLUMNS = 8
"""Layers that are drawn at most."""
AXIS, FLOOR = (138, 138, 138), (90, 90, 90)
DARK, LIGHT = 20, 140
"""Gray of the largest and the smallest set's line."""
START, SHUFFLED = (1, 3), (5, 3)
"""Dashes of the two floors."""
DRAWN = ("dead", "firing", "smoothness", "purity", "probe", "overlap", "projections", "cka")

NOTES = {"cka": "1.00 with itself"}
"""Under the name of a row: what its numbers cannot but be."""


@dataclass(frozen=True)
class Frame:
    """A panel's place, and the ranges that its axes show."""

    x: float
    y: float
    width: float
    height: float
    images: tuple[float, float]
    """Logarithms of the fewest and most images shown."""
    values: tuple[float, float]

    def across(self, shown: float) -> float:
        """Where so many images stand."""
        low, high = self.images
        share = (log10(shown) - low) / (high - low) if high > low else 0.5
        return self.x + 6 + (self.width - 12) * share

    def down(self, value: float) -> float:
        """Where a value stands."""
        low, high = self.values
        return self.y + self.height * (1 - (value - low) / (high - low))


def learning_png(result: Learning) -> bytes:
    """The figure with its words.

    >>> learning_png.__name__
    'learning_png'
    """
    return sheet_png(learning_canvas(result))


def learning_canvas(result: Learning) -> Canvas:
    """Accuracy above, the measures of every layer below, floors as dashed lines."""
    accuracy, y = list(_accuracy(result)), TOP_HIGH + 62.0
    head = list(_columns(result, y))
    y += 18
    rows: list[Part] = []
    for name in DRAWN:
        if np.isfinite(result.of(name)).any():
            rows += _row(result, name, y)
            y += ROW
    below = y - ROW + HIGH + 16
    foot, high = paragraph(_foot(result), 0, below, WIDE, 11)
    return Canvas(WIDE, round(below + high + 12), (*accuracy, *head, *rows, *foot))


def columns(result: Learning) -> NDArray[np.int64]:
    """Which layers are drawn: all, or so many, spread evenly, the last among them."""
    total = len(result.layers)
    taken = min(total, COLUMNS)
    return np.asarray(total - 1 - (np.arange(taken)[::-1] * total) // taken, np.int64)


def _accuracy(result: Learning) -> Iterator[Part]:
    frame = Frame(LABELS, 24, TOP_WIDE, TOP_HIGH, _images(result), _range(result.accuracy, result))
    title = "Accuracy on images that none was trained on, by images shown (images × epochs)"
    yield Words(0, 0, title, 12, is_bold=True)
    yield from _axes(frame, "accuracy")
    for shown in sorted(set(result.shown.ravel().tolist())):
        yield Line(((frame.across(shown), frame.y + frame.height),
                    (frame.across(shown), frame.y + frame.height + 3)), 1, AXIS)  # fmt: skip
    yield from _images_ticks(result, frame)
    floors = [*result.floor_accuracy, np.array([result.chance])]
    yield from _floor_lines(frame, floors[:2])
    for size in range(len(result.sizes)):
        yield from _trace(result, frame, result.accuracy[size], size)
    yield from _legend(result, frame)


def _legend(result: Learning, frame: Frame) -> Iterator[Part]:
    """What each line is, beside the first panel."""
    x, y = frame.x + frame.width + 40, frame.y + 4
    yield Words(x, y - 4, "training images", 11, ink=QUIET)
    for size in range(len(result.sizes))[::-1]:
        y += 17
        yield Line(((x, y + 3), (x + 28, y + 3)), _width(result, size), _ink(result, size))
        accuracy = percent(float(result.accuracy[size, -1].mean()))
        after = count(int(result.epochs[-1]), "epoch")
        yield Words(x + 36, y - 4, f"{int(result.sizes[size]):,}: {accuracy} after {after}", 11)
    floors = (START, "before the first step"), (SHUFFLED, "trained on shuffled labels")
    for place, (dash, said) in enumerate(floors):
        y += 17
        yield Line(((x, y + 3), (x + 28, y + 3)), 1.5, FLOOR, dash)
        accuracy = percent(float(result.floor_accuracy[place].mean()))
        yield Words(x + 36, y - 4, f"{said}: {accuracy}", 11)
    y += 17
    yield Line(((x + 14, y - 3), (x + 14, y + 9)), 1.5, _ink(result, len(result.sizes) - 1))
    yield Words(x + 36, y - 4, "from the lowest to the highest seed", 11)


def _columns(result: Learning, y: float) -> Iterator[Part]:
    chosen = columns(result)
    width = _panel(len(chosen))
    for place, layer in enumerate(chosen.tolist()):
        name = shortened(result.layers[layer], width, 12)
        yield Words(LABELS + place * (width + GAP), y, name, 12, is_bold=True)


def _row(result: Learning, name: str, y: float) -> Iterator[Part]:
    """One measure of every layer, on one scale."""
    values, chosen = result.of(name), columns(result)
    floors = [result.floor(floor, name) for floor in ("start", "shuffled")]
    scale = _scale(name, [values, *floors])
    width = _panel(len(chosen))
    lines = wrapped(NAMES[name], LABELS - 44, 11)
    for line, words in enumerate(lines):
        yield Words(0, y + line * 14, words, 11)
    for line, words in enumerate(wrapped(NOTES.get(name, ""), LABELS - 44, 11), len(lines)):
        yield Words(0, y + line * 14, words, 11, ink=QUIET)
    for place, layer in enumerate(chosen.tolist()):
        frame = Frame(LABELS + place * (width + GAP), y, width, HIGH, _images(result), scale)
        yield from _axes(frame, name, has_labels=place == 0)
        if not np.isfinite(values[..., layer]).any():
            yield Words(frame.x + 6, y + HIGH / 2 - 7, "none", 11, ink=QUIET)
            continue
        yield from _floor_lines(frame, [floor[:, layer] for floor in floors])
        for size in range(len(result.sizes)):
            yield from _trace(result, frame, values[size, :, :, layer], size)


def _panel(count_: int) -> float:
    return (WIDE - LABELS - GAP * (count_ - 1)) / count_


def _axes(frame: Frame, name: str, *, has_labels: bool = True) -> Iterator[Part]:
    bottom = frame.y + frame.height
    yield Line(((frame.x, frame.y), (frame.x, bottom)), 1, AXIS)
    yield Line(((frame.x, bottom), (frame.x + frame.width, bottom)), 1, AXIS)
    if has_labels:
        for value, at in zip(frame.values, (bottom - 12, frame.y - 2), strict=True):
            yield Words(frame.x - 5, at, value_words(name, value), 11, ink=QUIET, is_right=True)


def _images_ticks(result: Learning, frame: Frame) -> Iterator[Part]:
    """Numbers below the axis, as many as fit beside each other."""
    free = -np.inf
    for shown in sorted(set(result.shown.ravel().tolist())):
        said, at = f"{shown:,}", frame.across(shown)
        left = at - length(said, 11) / 2
        if left > free + 8:
            yield Words(left, frame.y + frame.height + 4, said, 11, ink=QUIET)
            free = left + length(said, 11)


def _foot(result: Learning) -> str:
    return (
        f"Every panel: images shown across, from {int(result.shown.min()):,} to "
        f"{int(result.shown.max()):,}, logarithmic; one scale a row. Dotted: before the first "
        "step. Dashed: trained on shuffled labels. Likeness to the final network: where the "
        "largest set's line ends it is 1.00 by construction, that network compared with itself."
    )


def _floor_lines(frame: Frame, floors: Sequence[Floats]) -> Iterator[Part]:
    for values, dash in zip(floors, (START, SHUFFLED), strict=True):
        if np.isfinite(values).any():
            y = frame.down(float(np.nanmean(values)))
            yield Line(((frame.x, y), (frame.x + frame.width, y)), 1.5, FLOOR, dash)


def _trace(result: Learning, frame: Frame, values: Floats, size: int) -> Iterator[Part]:
    """A line through the means (B, K) of one data size, and a bar from seed to seed at each."""
    ink, points = _ink(result, size), []
    for epoch, seeds in enumerate(values):
        known = seeds[np.isfinite(seeds)]
        if len(known):
            x = frame.across(float(result.shown[size, epoch]))
            points.append((x, frame.down(float(known.mean()))))
            ends = frame.down(float(known.min())), frame.down(float(known.max()))
            yield Line(((x, ends[0]), (x, ends[1])), 1.5, ink)
            yield Line(((x - 1.6, points[-1][1]), (x + 1.6, points[-1][1])), 3.2, ink)
    if len(points) > 1:
        yield Line(tuple(points), _width(result, size), ink)


def _ink(result: Learning, size: int) -> Color:
    """Darker for more data."""
    return (_gray(result, size),) * 3


def _gray(result: Learning, size: int) -> int:
    last = max(len(result.sizes) - 1, 1)
    return round(LIGHT + (DARK - LIGHT) * size / last) if len(result.sizes) > 1 else DARK


def _width(result: Learning, size: int) -> float:
    last = max(len(result.sizes) - 1, 1)
    return 1.2 + size / last


def _images(result: Learning) -> tuple[float, float]:
    return log10(result.shown.min()), log10(result.shown.max())


def _range(values: Floats, result: Learning) -> tuple[float, float]:
    return _scale("accuracy", [values, result.floor_accuracy])


def _scale(name: str, parts: Sequence[Floats]) -> tuple[float, float]:
    """From zero, or what lies below it, to the next tenth above the largest."""
    known = np.concatenate([part[np.isfinite(part)] for part in parts])
    low, high = min(0.0, float(known.min())), max(0.0, float(known.max()))
    step = 0.5 if high > 2 else 0.1
    return np.floor(low / step + 1e-9) * step, max(ceil(high / step - 1e-9) * step, step)
