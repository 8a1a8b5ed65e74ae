"""Lengths in pixels at one side of the network's input, brought to another."""

from __future__ import annotations

REFERENCE = 227
"""Side for which blurs and shifts are given, in pixels."""
_SHRINKS = 0.6
"""Power of the side: tried on networks of 28, 32, 72 and 227 px, whose pictures it leaves sharp."""


def share(side: int, least: float) -> float:
    """What lengths are multiplied by, no less than ``least``.

    >>> share(454, 0.3), share(32, 0.3)
    (2.0, 0.3)
    """
    return max(side / REFERENCE, least)


def blur_share(side: int) -> float:
    """What the blurs of a climb are multiplied by: patterns shrink less than inputs do.

    In proportion, a third of a pixel would be left at 72 px, which takes no grain away.

    >>> round(blur_share(32), 2), round(blur_share(72), 2), blur_share(227)
    (0.31, 0.5, 1.0)
    """
    return float((side / REFERENCE) ** _SHRINKS)


def shift_px(side: int) -> int:
    """How far a picture is moved to see what is left of it: 3 pixels, in proportion, at least 1.

    >>> shift_px(227), shift_px(72), shift_px(28)
    (3, 1, 1)
    """
    return max(round(3 * share(side, 0)), 1)
