"""Probabilities of a few classes as bars below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.render.canvas import Canvas, Part, Shot, Words
from convscope.render.lettering import INK, QUIET, length
from convscope.render.picture import SIGNAL
from convscope.render.tile import Pixels
from convscope.render.typeset import paragraph
from convscope.render.words import percent

_TALL = 8
_TROUGH, _BAR = 232, 20


@dataclass(frozen=True)
class Share:
    """A class and its probability."""

    name: str
    probability: float
    is_asked: bool = False
    """Whether it is the class in question."""


def answer_bars(title: str, shares: Sequence[Share], width: int) -> Canvas:
    """A title, and for each class its name, its probability and a bar.

    >>> answer_bars("Before", [Share("cat", 0.5)], 200).width
    200
    """
    parts: list[Part] = [Words(0, 0, title, 12, is_bold=True)]
    y = 20.0
    for share in shares:
        said = percent(share.probability)
        room = width - length(said, 12) - 8
        words, high = paragraph(share.name, 0, y, room, 12, INK, is_bold=share.is_asked)
        parts += [*words, Words(width, y, said, 12, ink=QUIET, is_right=True)]
        parts.append(Shot(0, y + high + 1, _bar(share, width)))
        y += high + _TALL + 7
    return Canvas(width, round(y), tuple(parts))


def _bar(share: Share, width: int) -> Pixels:
    """The class in question in signal with an edge, others in ink."""
    pixels = np.full((_TALL, width, 3), _TROUGH, np.uint8)
    filled = round(width * min(max(share.probability, 0.0), 1.0))
    pixels[:, :filled] = _BAR
    if share.is_asked and filled > 2:
        pixels[1:-1, 1 : filled - 1] = SIGNAL
    return pixels
