"""How much a projection is amplified before it is shown, and the showing itself.

Grey is zero whatever the gain: a value x becomes 128 + 127 * clip(gain * x, -1, 1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.registry import Registry

Tile = NDArray[Any]

SUPPORT = 0.05
"""A pixel belongs to a tile's support where it exceeds this share of the tile's maximum."""
CONTRAST = 0.32
"""Root mean square over the support that equal contrast aims at; clips 3 to 4 % of it."""


def equal_contrast(tile: Tile) -> float:
    """Gain that gives every tile about the same contrast, and never less than its full range.

    One number works from the first layer to the last: scaling by the maximum alone leaves deep
    tiles nearly blank, percentiles turn the first layer neon.

    >>> equal_contrast(np.array([[[0.0, 2.0], [-2.0, 2.0]]]))
    0.5
    """
    size = np.abs(np.asarray(tile, np.float64))
    size = size.reshape(-1, *size.shape[-2:]).max(axis=0)
    most = float(size.max(initial=0.0))
    if not (np.isfinite(most) and most > 0):
        return 0.0
    support = np.square(np.asarray(tile, np.float64)).reshape(-1, *size.shape)[
        :, size > SUPPORT * most
    ]
    return max(1 / most, CONTRAST / float(np.sqrt(support.mean())))


def nothing_clipped(tile: Tile) -> float:
    """Gain that fits the tile's largest value.

    >>> nothing_clipped(np.array([[[0.0, -4.0]]]))
    0.25
    """
    most = float(np.abs(tile).max(initial=0.0))
    return 1 / most if np.isfinite(most) and most > 0 else 0.0


def common(tiles: Tile) -> float:
    """One gain for many tiles (n, c, h, w), so that brightness compares: the median tile's."""
    gains = [equal_contrast(tile) for tile in tiles]
    lit = [gain for gain in gains if gain > 0]
    return float(np.median(lit)) if lit else 0.0


GAINS: Registry[Callable[[Tile], float]] = Registry("gain")
GAINS.register("equal contrast", equal_contrast)
GAINS.register("nothing clipped", nothing_clipped)


def paint(tile: Tile, gain: float) -> NDArray[np.uint8]:
    """Pixels (h, w, 3) of a tile (c, h, w); zero is exactly 128.

    >>> paint(np.array([[[-1.0, 0.0, 1.0]]]), 1.0)[0, :, 0].tolist()
    [1, 128, 255]
    """
    value = np.clip(np.nan_to_num(np.asarray(tile, np.float64) * gain), -1, 1)
    if len(value) not in (1, 3):  # more channels than a screen has: their mean keeps the sign
        value = value.mean(axis=0, keepdims=True)
    shown = np.rint(128 + 127 * value).astype(np.uint8).transpose(1, 2, 0)
    return np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else shown
