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
