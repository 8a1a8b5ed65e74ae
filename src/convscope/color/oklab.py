"""OKLab and sRGB, there and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

_TO_CONE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def to_linear(srgb: NDArray[Any]) -> Floats:
    """Undo sRGB's transfer curve; values 0..1."""
    value = np.asarray(srgb, np.float64)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def from_linear(linear: NDArray[Any]) -> Floats:
    """Apply sRGB's transfer curve; values 0..1, clipped."""
    value = np.clip(np.asarray(linear, np.float64), 0, 1)
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)


def linear_to_oklab(linear: NDArray[Any]) -> Floats:
    """OKLab (..., 3) of linear light (..., 3)."""
    return np.asarray(np.cbrt(np.asarray(linear, np.float64) @ _TO_CONE.T) @ _TO_LAB.T)


def oklab_to_linear(lab: NDArray[Any]) -> Floats:
    """Linear light (..., 3) of OKLab (..., 3); outside 0..1 where sRGB cannot hold the colour."""
    cone = (np.asarray(lab, np.float64) @ np.linalg.inv(_TO_LAB).T) ** 3
    return np.asarray(cone @ np.linalg.inv(_TO_CONE).T)


def srgb_to_oklab(srgb: NDArray[Any]) -> Floats:
    """OKLab (..., 3) of 8-bit sRGB (..., 3).

    Source: Ottosson, "A perceptual color space for image processing" (2020).

    >>> [float(v) for v in srgb_to_oklab(np.array([128, 128, 128], np.uint8)).round(3)]
    [0.6, 0.0, 0.0]
    """
    return linear_to_oklab(to_linear(np.asarray(srgb, np.float64) / 255))


def oklab_to_srgb(lab: NDArray[Any]) -> Bytes:
    """8-bit sRGB (..., 3) of OKLab (..., 3), clipped to what sRGB holds.

    >>> oklab_to_srgb(np.array([0.6, 0.0, 0.0])).tolist()
    [128, 128, 128]
    """
    return np.rint(from_linear(oklab_to_linear(lab)) * 255).astype(np.uint8)
