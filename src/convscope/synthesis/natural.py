"""What photographs have in common: mean color, how colors vary together, the size of frequencies.

Taken from the user's own images, so that it fits any number of channels and any size. In white
channels (the principal ones, turned back to look like the given) the magnitude is that of an
average image under a Hann window, without which the cut at the borders draws a cross of lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import DataError

_IMAGENET = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""Square root of the covariance of colors in ImageNet, as in Lucid (Olah et al. 2017)."""
_EXPONENT = 1.0
"""Of the fall of magnitudes with frequency: 1 in natural images (Field 1987)."""

_FLAT = 1e-12
"""Variance on the 0..1 scale below which images are of one color but for rounding."""


@dataclass(frozen=True)
class Natural:
    """Statistics of images on the 0..1 scale.

    >>> Natural.usual(1).color.shape
    (1, 1)
    """

    mean: NDArray[np.float64]
    """(c,) color."""
    color: NDArray[np.float64]
    """(c, c): from white channels to colors; times its transpose, the covariance."""
    magnitude: NDArray[np.float64]
    """(c, h, w // 2 + 1) of white channels of variance 1 each, the constant part 0."""
    width: int
    """Of the images, which ``magnitude`` does not tell."""
    images: int
    """How many were looked at; 0: none, these are usual ones."""

    @classmethod
    def usual(cls, channels: int) -> Natural:
        """1/f, and colors as in ImageNet where there are three."""
        color = np.array(_IMAGENET) if channels == 3 else 0.25 * np.eye(channels)
        size = 224
        found = np.stack([_power(size, size)] * channels)
        return cls(np.full(channels, 0.5), color, found, size, 0)

    def scaled(self, height: int, width: int) -> NDArray[np.float64]:
        """The magnitude for a canvas of another size, (c, height, width // 2 + 1).

        Interpolated at the same frequencies in cycles per pixel, and brought to variance 1.
        """
        rows, columns = np.fft.fftfreq(height), np.fft.rfftfreq(width)
        found = np.stack([self._at(one, rows, columns) for one in self.magnitude])
        found[:, 0, 0] = 0
        for own in {0, width // 2} if width % 2 == 0 else {0}:  # a real image's mirror themselves
            found[:, :, own] = (found[:, :, own] + found[:, -np.arange(height), own]) / 2
        return found / _deviation(found, width)[:, None, None]

    def _at(
        self, one: NDArray[np.float64], rows: NDArray[Any], columns: NDArray[Any]
    ) -> NDArray[np.float64]:
        h, w = one.shape[0], self.width
        known = np.where(one > 0, one, one[one > 0].min(initial=1.0))
        known[0, 0] = max(known[0, 1:2].max(initial=0), known[1:2, 0].max(initial=0)) or 1.0
        shifted = np.fft.fftshift(np.log(known), axes=0)
        y = np.interp(rows, np.sort(np.fft.fftfreq(h)), np.arange(h))
        x = np.interp(columns, np.fft.rfftfreq(w), np.arange(shifted.shape[1]))
        found: NDArray[np.float64] = np.exp(_bilinear(shifted, y, x))
        return found


def natural_of(images: Iterable[NDArray[Any]]) -> Natural:
    """Measure images (c, h, w) of one size on the 0..1 scale.

    Raises:
        DataError: there are none, or they are flat.
    """
    stack = np.stack([np.asarray(image, np.float64) for image in images] or [np.zeros((1, 1, 1))])
    mean = stack.mean((0, 2, 3))
    flat = (stack - mean[:, None, None]).transpose(1, 0, 2, 3).reshape(len(mean), -1)
    values, vectors = np.linalg.eigh(flat @ flat.T / flat.shape[1])
    if not values.max() > _FLAT:
        raise DataError(
            "The images have one flat color, or there are none, so they have no spectrum to take. "
            "Give photographs, or none at all for the usual 1/f."
        )
    deviations = np.sqrt(np.maximum(values, values.max() * 1e-6))
    color: NDArray[np.float64] = vectors @ np.diag(deviations) @ vectors.T
    white = vectors @ np.diag(1 / deviations) @ vectors.T
    found = _magnitude(np.einsum("cd,ndhw->nchw", white, stack - mean[:, None, None]))
    return Natural(mean, color, found, stack.shape[3], len(stack))


def _magnitude(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """The average magnitude, at variance 1, of images (n, c, h, w)."""
    height, width = white.shape[2:]
    centered = white - white.mean((2, 3), keepdims=True)
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
    found: NDArray[np.float64] = np.abs(np.fft.rfft2(centered * window)).mean(0)
    found[:, 0, 0] = 0
    scale = _deviation(found, width)
    flat = np.stack([_power(height, width)] * len(found))
    alive = scale > 0
    found[alive] /= scale[alive, None, None]
    found[~alive] = flat[~alive]
    return found


def _power(height: int, width: int) -> NDArray[np.float64]:
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    found: NDArray[np.float64] = np.zeros_like(frequency)
    np.divide(1, frequency**_EXPONENT, out=found, where=frequency > 0)
    found /= float(_deviation(found[None], width)[0] or 1)
    return found


def _deviation(magnitude: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Standard deviation (c,) of an image with these magnitudes, by Parseval's theorem."""
    twice = np.full(magnitude.shape[2], 2.0)
    twice[0] = 1
    if width % 2 == 0:
        twice[-1] = 1
    pixels = magnitude.shape[1] * width
    found: NDArray[np.float64] = np.sqrt((magnitude**2 * twice).sum((1, 2))) / pixels
    return found


def _bilinear(
    plane: NDArray[np.float64], y: NDArray[np.float64], x: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values of a plane at the grid of fractional rows and columns."""
    y0, x0 = np.floor(y).astype(int), np.floor(x).astype(int)
    y1, x1 = np.minimum(y0 + 1, plane.shape[0] - 1), np.minimum(x0 + 1, plane.shape[1] - 1)
    v, u = (y - y0)[:, None], (x - x0)[None]
    above = plane[np.ix_(y0, x0)] * (1 - u) + plane[np.ix_(y0, x1)] * u
    below = plane[np.ix_(y1, x0)] * (1 - u) + plane[np.ix_(y1, x1)] * u
    found: NDArray[np.float64] = above * (1 - v) + below * v
    return found
