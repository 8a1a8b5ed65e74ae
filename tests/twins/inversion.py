"""Inversion as Mahendran & Vedaldi 2015, sec. 3, has it: loops and float64.

``x`` is (c, h, w), pixels less the mean, 0..255 units.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def loss(phi: Array, code: Array) -> float:
    """Eq. 2 over the code's own square: ``|Phi(x) - Phi0|^2 / |Phi0|^2``."""
    return float(((phi - code) ** 2).sum() / (code**2).sum())


def loss_slope(phi: Array, code: Array) -> Array:
    """By ``phi``."""
    slope: Array = 2 * (phi - code) / (code**2).sum()
    return slope


def alpha_norm(x: Array, alpha: float) -> float:
    """``sum |x|^alpha``."""
    return sum(abs(value) ** alpha for value in x.ravel().tolist())


def alpha_norm_slope(x: Array, alpha: float) -> Array:
    """By ``x``."""
    slope: Array = alpha * np.sign(x) * np.abs(x) ** (alpha - 1)
    return slope


def variation(x: Array, beta: float) -> float:
    """``sum ((x[y, x+1] - x[y, x])^2 + (x[y+1, x] - x[y, x])^2)^(beta/2)``, for each channel."""
    return sum(square ** (beta / 2) for *_, square in _differences(x))


def variation_slope(x: Array, beta: float) -> Array:
    """By ``x``: each difference pulls at both of its pixels."""
    slope = np.zeros_like(x)
    for c, i, j, down, right, square in _differences(x):
        pull = beta * square ** (beta / 2 - 1) if square else 0.0
        for y, z, difference in ((i + 1, j, down), (i, j + 1, right)):
            if y < x.shape[1] and z < x.shape[2]:
                slope[c, y, z] += pull * difference
                slope[c, i, j] -= pull * difference
    return slope


def _differences(x: Array) -> list[tuple[int, int, int, float, float, float]]:
    """Channel, row, column, the steps down and right (0 beyond the border), and their square."""
    found = []
    channels, height, width = x.shape
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                down = float(x[c, i + 1, j] - x[c, i, j]) if i + 1 < height else 0.0
                right = float(x[c, i, j + 1] - x[c, i, j]) if j + 1 < width else 0.0
                found.append((c, i, j, down, right, down**2 + right**2))
    return found


def descend(
    start: Array, slope: Callable[[Array], Array], rates: list[float], momentum: float = 0.9
) -> list[Array]:
    """The published program's loop: ``m <- momentum * m - rate * slope``, ``x <- x + m``.

    Where the rate changes, ``m`` is zero again. Returns x before each step, and after the last.
    """
    x, moved, last = start.copy(), np.zeros_like(start), 0.0
    path = [x]
    for rate in rates:
        if rate != last:
            moved, last = np.zeros_like(x), rate
        moved = momentum * moved - rate * slope(x)
        x = x + moved
        path.append(x)
    return path
