"""Lines over a share, told apart by dash and a direct label at each line's end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from convscope.render.canvas import Canvas, Line, Part, Words
from convscope.render.lettering import QUIET, length
from convscope.render.typeset import shortened

WIDTH, HEIGHT = 460, 220
_LEFT, _TOP, _RIGHT, _BOTTOM = 44, 26, 166, 34
"""Room for labels round the plot; at the right for those of the lines."""
_APART = 15
"""Least distance between two labels."""
DARK, FAINT, AXIS = (20, 20, 20), (140, 140, 140), (138, 138, 138)


@dataclass(frozen=True)
class Series:
    """One line and what stands at its end."""

    label: str
    x: NDArray[Any]
    """From 0 to 1."""
    y: NDArray[Any]
    dash: tuple[int, ...] = ()
    is_strong: bool = True
    """Whether it is what the plot is about, not a control."""


@dataclass(frozen=True)
class Drawn:
    """A line in the plot's own pixels, and where its label stands."""

    series: Series
    points: tuple[tuple[float, float], ...]
    label_y: float


@dataclass(frozen=True)
class Tick:
    """A number on an axis and its place."""

    at: float
    text: str


@dataclass(frozen=True)
class Plot:
    """Everything a page or a sheet draws."""

    lines: tuple[Drawn, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_name: str
    y_name: str
    """What the lines are of, above the axis."""
    says: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    top: int = _TOP
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM


def plot(
    series: Sequence[Series],
    x_ticks: Sequence[tuple[float, str]],
    y_ticks: Sequence[tuple[float, str]],
    x_name: str,
    y_name: str,
    says: str,
) -> Plot:
    """Lay out lines between the first and the last tick of each axis.

    >>> import numpy as np
    >>> at = np.array([0.0, 1.0])
    >>> made = plot([Series("up", at, at)], [(0, "0"), (1, "1")], [(0, "0"), (1, "1")], "", "", "")
    >>> made.lines[0].points
    ((44.0, 186.0), (294.0, 26.0))
    """
    low, high = y_ticks[0][0], y_ticks[-1][0]
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT

    def across(x: float) -> float:
        return _LEFT + (right - _LEFT) * float(x)

    def down(y: float) -> float:
        return bottom - (bottom - _TOP) * (float(y) - low) / (high - low)

    points = [
        tuple((across(x), down(y)) for x, y in zip(one.x, one.y, strict=True)) for one in series
    ]
    places = _spread([path[-1][1] for path in points], bottom)
    return Plot(
        tuple(map(Drawn, series, points, places)),
        tuple(Tick(across(at), text) for at, text in x_ticks),
        tuple(Tick(down(at), text) for at, text in y_ticks),
        x_name,
        shortened(y_name, WIDTH, 11),
        says,
    )


def _spread(wanted: Sequence[float], last: float) -> list[float]:
    """Places near those wanted, in their order, none closer than two labels may be."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    found = [0.0] * len(wanted)
    lowest = -float("inf")
    for i in order:
        found[i] = lowest = max(wanted[i], lowest + _APART)
    over = max(0.0, lowest - last)
    ceiling = float("inf")
    for i in reversed(order):
        found[i] = ceiling = min(found[i], last if over else found[i], ceiling - _APART)
    return found


def on_canvas(made: Plot) -> Canvas:
    """The plot on paper."""
    parts: list[Part] = [
        Words(0, 0, made.y_name, 11, ink=QUIET),
        Line(((made.left, made.top), (made.left, made.bottom)), ink=AXIS),
        Line(((made.left, made.bottom), (made.right, made.bottom)), ink=AXIS),
    ]
    for tick in made.y_ticks:
        parts.append(Words(made.left - 6, tick.at - 7, tick.text, 11, ink=QUIET, is_right=True))
    for tick in made.x_ticks:
        x = tick.at - length(tick.text, 11) / 2
        parts.append(Words(x, made.bottom + 3, tick.text, 11, ink=QUIET))
    middle = (made.left + made.right - length(made.x_name, 11)) / 2
    parts.append(Words(middle, made.bottom + 18, made.x_name, 11, ink=QUIET))
    for drawn in made.lines:
        ink = DARK if drawn.series.is_strong else FAINT
        dash = drawn.series.dash
        y = drawn.label_y
        parts.append(Line(drawn.points, 2, ink, dash))
        parts.append(Line(((made.right + 6, y), (made.right + 26, y)), 2, ink, dash))
        words = DARK if drawn.series.is_strong else QUIET
        parts.append(Words(made.right + 30, y - 7, drawn.series.label, 11, ink=words))
    return Canvas(made.width, made.height, tuple(parts))
