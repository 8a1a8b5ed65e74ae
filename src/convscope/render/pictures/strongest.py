"""The strongest values of a layer without maps, as bars with their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.render.canvas import Canvas, Part, Shot, Words
from convscope.render.lettering import QUIET, length
from convscope.render.tile import Pixels
from convscope.render.words import number

if TYPE_CHECKING:
    from convscope.results.activations import Activations

ROW, BAR, MOST = 18, 160, 9
SUNKEN = np.array([232, 232, 232], np.uint8)
INK = np.array([20, 20, 20], np.uint8)


def strongest(result: Activations, most: int = MOST) -> Canvas:
    """Rows of name, bar and value, strongest first."""
    values = np.nan_to_num(result.maxima, nan=-np.inf)
    order = np.argsort(-values, kind="stable")[:most].tolist()
    order = [channel for channel in order if result.signed or values[channel] > 0]
    names = [_name(result, channel) for channel in order]
    left = max((length(name, 12) for name in names), default=0) + 12
    top = max((abs(values[channel]) for channel in order), default=1) or 1
    parts: list[Part] = [Words(0, 0, f"Strongest {len(order)}", 12, is_bold=True)]
    for place, (channel, name) in enumerate(zip(order, names, strict=True), start=1):
        y, value = place * ROW, float(values[channel])
        parts += [
            Words(0, y, name, 12),
            Shot(left, y + 3, _bar(value / top)),
            Words(left + BAR + 8, y, number(value), 12, ink=QUIET),
        ]
    return Canvas(round(left) + BAR + 60, ROW * (len(order) + 1), tuple(parts))


def _name(result: Activations, channel: int) -> str:
    known = result.names[channel] if channel < len(result.names) else ""
    return f"{channel:,} {known}".strip()


def _bar(share: float) -> Pixels:
    pixels = np.broadcast_to(SUNKEN, (8, BAR, 3)).copy()
    pixels[:, : round(BAR * max(share, 0))] = INK
    return pixels
