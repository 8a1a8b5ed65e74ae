"""Small charts of a network's first filters, on axes that those of another share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.render.canvas import Canvas, Line, Part, Shot, Words
from convscope.render.lettering import QUIET
from convscope.render.plot import AXIS, DARK
from convscope.render.tile import Pixels
from convscope.render.words import number, percent

BARS, STRONG, TROUGH = 140, 20, 232
TALL = 54
ROW, TRACK = 19, 8
BANDS = ("low", "middle", "high")


def sorted_bars(
    values: NDArray[Any], top: float, wide: int, ends: tuple[str, str], line: float | None = None
) -> Canvas:
    """One bar a filter, largest first.

    Args:
        values: (C,); those that are not finite are left out.
        top: what a bar of full height is.
        wide: of the chart; bars are as broad as fits, and all alike in charts of one width.
        ends: what stands at the foot and at the top of the axis.
        line: a value with a dashed line of its own.
    """
    known = np.sort(np.asarray(values)[np.isfinite(values)])[::-1]
    left = 40
    room = wide - left
    step = max(1, min(9, room // max(len(known), 1)))
    pixels = np.full((TALL, max(1, step * len(known)), 3), 255, np.uint8)
    for place, value in enumerate(known.tolist()):
        high = round(TALL * min(max(value / top, 0), 1)) if top > 0 else 0
        pixels[TALL - high :, place * step : (place + 1) * step - (step > 2)] = BARS
    parts: list[Part] = [Shot(left, 6, pixels[:, :room])]
    if line is not None and 0 < line < top:
        y = 6 + TALL * (1 - line / top)
        parts.append(Line(((left, y), (wide, y)), 1, DARK, (3, 3)))
        if 14 < y < TALL - 14:  # clear of the words at the ends
            parts.append(Words(left - 5, y - 7, number(line), 10, ink=QUIET, is_right=True))
    parts.append(Line(((left, 6 + TALL), (wide, 6 + TALL)), 1, AXIS))
    parts.append(Words(left - 5, TALL - 2, ends[0], 10, ink=QUIET, is_right=True))
    parts.append(Words(left - 5, 0, ends[1], 10, ink=QUIET, is_right=True))
    return Canvas(wide, TALL + 10, tuple(parts))


def band_rows(shares: NDArray[Any], white: NDArray[Any], wide: int) -> Canvas:
    """Mean share of the energy in each band as a bar, and a tick where white noise would end.

    Args:
        shares: (3,) low, middle, high; NaN where the filters have no space.
        white: (3,) the same of independent random weights.
        wide: of the chart.
    """
    if not np.isfinite(shares).all():
        said = Words(0, 0, "A 1 × 1 filter has no frequencies.", 11, ink=QUIET)
        return Canvas(wide, 3 * ROW, (said,))
    track = wide - 46 - 132
    parts: list[Part] = []
    for row, (name, share, chance) in enumerate(zip(BANDS, shares, white, strict=True)):
        parts += _band(row * ROW, name, float(share), float(chance), track, wide)
    return Canvas(wide, len(BANDS) * ROW, tuple(parts))


def _band(
    y: float, name: str, share: float, chance: float, track: int, wide: int
) -> Iterator[Part]:
    yield Words(0, y, name, 11, ink=QUIET)
    yield Shot(46, y + 4, _track(share, track))
    at = 46 + track * chance
    yield Line(((at, y + 1), (at, y + 15)), 2, DARK)
    yield Words(wide, y, f"{percent(share)} (noise {percent(round(chance, 2))})", 11, is_right=True)


def _track(share: float, wide: int) -> Pixels:
    pixels = np.full((TRACK, wide, 3), TROUGH, np.uint8)
    pixels[:, : round(wide * share)] = BARS
    return pixels
