"""Lengths in pixels at one side of the network's input, brought to another."""

from __future__ import annotations

REFERENCE = 227
"""Side for which blurs and shifts are given, in pixels."""


def share(side: int, least: float) -> float:
    """What lengths are multiplied by; a small input has coarse patterns, so no less than ``least``.

    >>> share(454, 0.3), share(32, 0.3)
    (2.0, 0.3)
    """
    return max(side / REFERENCE, least)


def shift_px(side: int) -> int:
    """How far a picture is moved to see what is left of it: 3 pixels, in proportion, at least 1.

    >>> shift_px(227), shift_px(72), shift_px(28)
    (3, 1, 1)
    """
    return max(round(3 * share(side, 0)), 1)
