"""Numbers into colours, with zero where it belongs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import lut
from convscope.color.oklab import Bytes


def paint_positive(
    values: NDArray[Any], top: float, gamma: float = 1.0, name: str = "ember"
) -> Bytes:
    """Colours (..., 3) of values from 0 to ``top`` and over.

    >>> paint_positive(np.zeros((1, 1)), 1.0).tolist()
    [[[9, 6, 9]]]
    """
    share = np.clip(np.nan_to_num(values / top if top > 0 else values * 0.0), 0, 1) ** gamma
    table = lut(name)
    return np.asarray(table[np.rint(share * (len(table) - 1)).astype(int)])


def paint_signed(values: NDArray[Any], limit: float) -> Bytes:
    """Colours (..., 3) of values from ``-limit`` to ``limit``; zero is exactly the ground.

    >>> paint_signed(np.zeros((1, 1)), 1.0).tolist()
    [[[128, 128, 128]]]
    """
    share = np.clip(np.nan_to_num(values / limit if limit > 0 else values * 0.0), -1, 1)
    return np.asarray(lut("tide")[np.rint(128 + 128 * share).astype(int)])


def overlay_signed(shown: Bytes, values: NDArray[Any], limit: float) -> Bytes:
    """A signed map (h, w) over its photograph (h, w, 3): zero stays the photograph, in grey."""
    grey = np.repeat(0.75 * shown.mean(axis=2, keepdims=True) + 0.25 * 128, 3, axis=2)
    share = np.clip(np.abs(values) / limit, 0, 1) if limit > 0 else np.zeros(values.shape)
    opacity = (share**0.7)[..., None]
    mixed = grey * (1 - opacity) + paint_signed(values, limit) * opacity
    return np.rint(mixed).astype(np.uint8)
