"""How a layer's values are spread: this image's against those of an atlas, in the same bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.render.canvas import Canvas, Line, Part, Shot, Words
from convscope.render.lettering import INK, QUIET
from convscope.render.tile import Pixels
from convscope.render.words import number

if TYPE_CHECKING:
    from convscope.results.activations import Activations

WIDTH, HEIGHT = 330, 62
BARS = (140, 140, 140)
RARE = 0.02
"""Outer bins with less than this share of the fullest are left out, or the rest is too narrow."""


@dataclass(frozen=True)
class Spread:
    """Shares of cells by bin, from the first to the last that holds some; exact zeros left out."""

    edges: NDArray[np.float64]
    """(bins + 1,)"""
    here: NDArray[np.float64]
    usual: NDArray[np.float64] | None
    """The same over the atlas."""


def spread(
    here: NDArray[np.int64], usual: NDArray[np.int64] | None, edges: NDArray[np.float64]
) -> Spread | None:
    """Histograms (bins,) as shares of all their cells; None where every cell is zero.

    >>> edges = np.array([0.0, 0.0, 1.0, 2.0, np.inf])
    >>> spread(np.array([2, 1, 1, 0]), None, edges).here.tolist()
    [0.25, 0.25]
    """
    nonzero = edges[:-1] != edges[1:]
    counts = here + (0 if usual is None else usual)
    used = np.flatnonzero(nonzero & (counts > RARE * np.where(nonzero, counts, 0).max()))
    if not len(used):
        return None
    part = slice(int(used[0]), int(used[-1]) + 1)
    shares = [_share(one, nonzero)[part] for one in (here, usual) if one is not None]
    return Spread(edges[part.start : part.stop + 1], shares[0], shares[1] if shares[1:] else None)


def _share(counts: NDArray[np.int64], nonzero: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(nonzero, counts, 0) / max(int(counts.sum()), 1)


def spread_chart(result: Activations) -> Canvas | None:
    """The layer's spread: bars for the atlas, a line for this image; None: nothing to show."""
    usual = result.atlas_histogram
    known = spread(
        result.histogram.sum(axis=0), None if usual is None else usual.sum(axis=0), result.edges
    )
    if known is None:
        return None
    top = max(float(known.here.max()), 0.0 if known.usual is None else float(known.usual.max()))
    said = "Line: here." if usual is None else "Line: here. Bars: the atlas."
    parts: list[Part] = [
        Words(0, 0, f"Share of cells by value, by half octaves. {said}", 10, ink=QUIET)
    ]
    if known.usual is not None:
        parts.append(Shot(0, 16, _bars(known.usual / top)))
    parts.append(Line(_steps(known.here / top), 1.5))
    parts.append(Line(((0, 16 + HEIGHT), (WIDTH, 16 + HEIGHT)), 1, QUIET))
    parts += _labels(known.edges)
    return Canvas(WIDTH, HEIGHT + 32, tuple(parts))


def _bars(shares: NDArray[np.float64]) -> Pixels:
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    for i, share in enumerate(shares.tolist()):
        left, right = _place(i, len(shares)), _place(i + 1, len(shares))
        tall = round(share * HEIGHT)
        pixels[HEIGHT - tall :, left : max(right - 1, left + 1)] = BARS
    return pixels


def _place(bin_number: int, bins: int) -> int:
    return round(bin_number * WIDTH / bins)


def _steps(shares: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    points: list[tuple[float, float]] = [(0, 16 + HEIGHT)]
    for i, share in enumerate(shares.tolist()):
        y = 16 + HEIGHT * (1 - share)
        points += [(_place(i, len(shares)), y), (_place(i + 1, len(shares)), y)]
    return (*points, (WIDTH, 16 + HEIGHT))


def _labels(edges: NDArray[np.float64]) -> list[Part]:
    """The outer edges, and zero where the values go to both sides of it."""
    y = 18 + HEIGHT
    low, high = (_edge(edges, i) for i in (0, -1))
    parts: list[Part] = [Words(0, y, low, 10, ink=QUIET)]
    parts.append(Words(WIDTH, y, high, 10, ink=QUIET, is_right=True))
    zero = np.flatnonzero(edges == 0)
    if len(zero) and 0 < zero[0] < len(edges) - 1:
        x = _place(int(zero[0]), len(edges) - 1)
        parts += [Words(x - 3, y, "0", 10, ink=QUIET)]
        parts.append(Line(((x, 16 + HEIGHT), (x, 19 + HEIGHT)), 1, INK))
    return parts


def _edge(edges: NDArray[np.float64], place: int) -> str:
    value = float(edges[place])
    if np.isfinite(value):
        return number(value)
    return f"beyond {number(float(edges[1 if place == 0 else -2]))}"
