"""Filters and their spectra, written plainly: loops over weights, sums of sines and cosines."""

from __future__ import annotations

import cmath
from math import hypot, pi, sqrt
from typing import Any

import numpy as np


def folded(weight: Any, bias: Any, norm: Any) -> tuple[Any, list[float]]:
    """A convolution's filters and biases through a BatchNorm in evaluation, weight by weight."""
    out, shifts = np.array(weight, np.float64), []
    for channel in range(len(out)):
        gain = float(norm.weight[channel]) / sqrt(float(norm.running_var[channel]) + norm.eps)
        for place in np.ndindex(out.shape[1:]):
            out[(channel, *place)] *= gain
        mean = float(norm.running_mean[channel])
        shifts.append((float(bias[channel]) - mean) * gain + float(norm.bias[channel]))
    return out, shifts


def spectrum(one: Any) -> tuple[list[float], float]:
    """Shares of a filter's (c, kh, kw) energy in three bands, and its mean frequency."""
    _, height, width = one.shape
    bands, moment, total = [0.0, 0.0, 0.0], 0.0, 0.0
    for u in range(height):
        for v in range(width):
            energy = sum(abs(_wave(plane, u, v)) ** 2 for plane in one)
            fy, fx = min(u, height - u) / height, min(v, width - v) / width
            radius = hypot(fy, fx)
            band = 0 if radius <= 1 / 6 + 1e-9 else 1 if radius <= 1 / 3 + 1e-9 else 2
            bands[band] += energy
            moment += energy * radius
            total += energy
    return [band / total for band in bands], moment / total


def _wave(plane: Any, u: int, v: int) -> complex:
    height, width = plane.shape
    return sum(
        float(plane[y, x]) * cmath.exp(-2j * pi * (u * y / height + v * x / width))
        for y in range(height)
        for x in range(width)
    )
