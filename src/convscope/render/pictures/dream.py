"""A dream beside its photograph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.render.picture import SIDE, Picture, fitted
from convscope.render.pictures.photograph import photograph
from convscope.render.row import row_png
from convscope.render.words import TIMES, count, number

if TYPE_CHECKING:
    from convscope.results.dream import Dream


def dream_png(result: Dream) -> bytes:
    """The photograph and the dream, what was climbed on both, and what must be said.

    >>> dream_png.__name__
    'dream_png'
    """
    words = " ".join(filter(None, (said(result), how(result), result.note)))
    return row_png(dream_pictures(result), words)


def dream_pictures(result: Dream, side: int = SIDE) -> tuple[Picture, Picture]:
    """The photograph and the dream."""
    change = f"changed by {number(result.change)} levels (RMS)"
    says = f"The photograph after it was climbed towards {result.target}, {change}"
    return photograph(result.shown), Picture("Dream", fitted(result.picture, side), change, says)


def said(result: Dream) -> str:
    """What was climbed, on the photograph and on the dream.

    >>> said.__name__
    'said'
    """
    times = f", {TIMES}{number(result.times)}" if result.after > result.before > 0 else ""
    return (
        f"{result.target}, {result.measure}: {number(result.before)} on the photograph, "
        f"{number(result.after)} on the dream{times}."
    )


def how(result: Dream) -> str:
    """Octaves and steps.

    >>> how.__name__
    'how'
    """
    sizes = ", ".join(f"{h} {TIMES} {w}" for h, w in dict.fromkeys(result.octaves))
    octaves = count(len(result.octaves), "octave")
    return f"{octaves} of {count(result.steps, 'step')}, at {sizes} px."
