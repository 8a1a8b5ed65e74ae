"""Words broken into lines, or cut, so that they fit."""

from __future__ import annotations

from convscope.render.canvas import Color, Words
from convscope.render.lettering import QUIET, length

LEADING = 1.35
"""Line height as a multiple of the type's size."""
BREAKS = "._:/-"
"""A name too long for its line may break behind these."""


def wrapped(text: str, width: float, size: int, is_bold: bool = False) -> list[str]:
    """Words broken into lines that fit, long names behind their dots and underscores.

    >>> wrapped("grey is zero", 60, 12), wrapped("features.12.expand3x3", 80, 12)
    (['grey is', 'zero'], ['features.12.', 'expand3x3'])
    """
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and length(joined, size, is_bold) <= width:
            lines[-1] = joined
        else:
            lines += _broken(word, width, size, is_bold)
    return lines


def shortened(text: str, width: float, size: int) -> str:
    """A line cut to a width, with an ellipsis where something is missing.

    >>> shortened("Siberian husky and more", 60, 11)
    'Siberian…'
    """
    if length(text, size) <= width:
        return text
    while text and length(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _broken(word: str, width: float, size: int, is_bold: bool) -> list[str]:
    """A word in pieces that fit: behind a mark where there is one, else anywhere."""
    pieces = []
    while len(word) > 1 and length(word, size, is_bold) > width:
        fits = [n for n in range(1, len(word)) if length(word[:n], size, is_bold) <= width] or [1]
        at = max((n for n in fits if word[n - 1] in BREAKS), default=fits[-1])
        pieces.append(word[:at])
        word = word[at:]
    return [*pieces, word]


def paragraph(
    text: str,
    x: float,
    y: float,
    width: float,
    size: int = 12,
    ink: Color = QUIET,
    is_bold: bool = False,
) -> tuple[tuple[Words, ...], float]:
    """Lines of words, and the height they take."""
    high = size * LEADING
    lines = wrapped(text, width, size, is_bold)
    made = tuple(Words(x, y + i * high, line, size, is_bold, ink) for i, line in enumerate(lines))
    return made, len(lines) * high
