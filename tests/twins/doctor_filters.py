"""What the doctor measures of filters, written plainly: loops, sums of sines and cosines."""

from __future__ import annotations

import cmath
from math import exp, log, pi, sqrt
from typing import Any

import numpy as np


def wave(plane: Any, down: float, along: float) -> complex:
    """A plane's Fourier transform at any one frequency, in cycles a cell along y and x."""
    height, width = plane.shape
    return sum(
        float(plane[y, x]) * cmath.exp(-2j * pi * (down * y + along * x))
        for y in range(height)
        for x in range(width)
    )


def frequencies(size: int) -> list[float]:
    return [k / size if k < size / 2 else k / size - 1 for k in range(size)]


def alias_share(one: Any, stride: int, size: int) -> float:
    """Of a filter's (c, kh, kw) answer to photographs, what a stride folds."""
    over = total = 0.0
    for down in frequencies(size):
        for along in frequencies(size):
            square = down**2 + along**2
            if square == 0:
                continue
            here = sum(abs(wave(plane, down, along)) ** 2 for plane in one) / square
            total += here
            if max(abs(down), abs(along)) > 1 / (2 * stride):
                over += here
    return over / total


def preferred(one: Any, size: int) -> tuple[float, float]:
    """The frequency of a filter's largest power, the first where y is 0 or more."""
    best = (-1.0, (0.0, 0.0))
    for down in frequencies(size):
        for along in frequencies(size):
            here = sum(abs(wave(plane, down, along)) ** 2 for plane in one)
            if here > best[0] * (1 + 1e-9):
                best = (here, (down, along))
    return best[1]


def grid_energy(picture: Any, period: int) -> float:
    """Of a picture (c, h, w) whose sides are multiples of it: energy at multiples of 1/period."""
    grid = total = 0.0
    for plane in picture:
        height, width = plane.shape
        level = float(plane.mean())
        for u in range(height):
            for v in range(width):
                if u == v == 0:
                    continue
                energy = abs(wave(plane - level, u / height, v / width)) ** 2
                total += energy
                on_y = (u * period) % height == 0
                on_x = (v * period) % width == 0
                grid += energy if on_y and on_x else 0.0
    return grid / total


def rms(one: Any) -> float:
    values = [float(value) for value in one.reshape(-1)]
    return sqrt(sum(value * value for value in values) / len(values))


def cosine(one: Any, other: Any) -> float:
    pairs = list(zip(one.reshape(-1).tolist(), other.reshape(-1).tolist(), strict=True))
    product = sum(a * b for a, b in pairs)
    sizes = sqrt(sum(a * a for a, _ in pairs)) * sqrt(sum(b * b for _, b in pairs))
    return product / sizes


def singular_values(matrix: Any) -> list[float]:
    """By a full decomposition, not by a Gram matrix."""
    return np.linalg.svd(np.asarray(matrix, np.float64), compute_uv=False).tolist()


def effective_rank(values: list[float]) -> float:
    whole = sum(values)
    return exp(-sum(v / whole * log(v / whole) for v in values if v > 0))
