"""What an occluder is filled with, in network-input units."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from convscope.geometry.box import Box
from convscope.methods.options.occlude import OccludeOptions

Array = NDArray[np.float32]
Fill = Callable[[Box], Array]
"""The content (c, h, w) of a box that lies inside the image."""


def fill_of(array: Array, options: OccludeOptions) -> Fill:
    """The fill that options name, for one image (c, H, W)."""
    return _FILLS[options.fill](array, options)


def _mean(array: Array, options: OccludeOptions) -> Fill:
    """The mean the network subtracts: 0 after it (cs231n's zero; not black)."""
    return _from(np.zeros_like(array))


def _blur(array: Array, options: OccludeOptions) -> Fill:
    """A Gaussian a quarter of the occluder wide, which leaves color but no structure."""
    from scipy.ndimage import gaussian_filter

    sigma = [0.0, *(side / 4 for side in options.pair("occluder"))]
    return _from(gaussian_filter(array, sigma, mode="reflect"))


def _noise(array: Array, options: OccludeOptions) -> Fill:
    """Normal noise with each channel's own mean and spread, one draw for the whole image."""
    drawn = np.random.default_rng(options.seed).standard_normal(array.shape)
    mean, std = array.mean((1, 2), keepdims=True), array.std((1, 2), keepdims=True)
    return _from((mean + std * drawn).astype(np.float32))


def _from(other: Array) -> Fill:
    return lambda box: other[:, box.y0 : box.y1, box.x0 : box.x1]


def _reflect(array: Array, options: OccludeOptions) -> Fill:
    """The surroundings mirrored in over all four edges, each less the farther its edge is."""

    def fill(box: Box) -> Array:
        total = np.zeros((array.shape[0], box.height, box.width))
        weights = np.zeros((box.height, box.width))
        for axis, low, high in ((1, box.y0, box.y1), (2, box.x0, box.x1)):
            steps = np.arange(high - low)
            for far, cells in ((steps, low - 1 - steps), (steps[::-1], 2 * high - 1 - low - steps)):
                inside = (cells >= 0) & (cells < array.shape[axis])
                share = _across(inside / (far + 1.0), axis)
                mirrored = np.take(array, np.where(inside, cells, 0), axis)
                total += share * _cut(mirrored, box, 3 - axis)
                weights += share
        return np.where(weights > 0, total / np.maximum(weights, 1e-12), 0).astype(np.float32)

    return fill


def _across(share: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    return share[:, None] if axis == 1 else share[None, :]


def _cut(mirrored: Array, box: Box, axis: int) -> Array:
    return mirrored[:, :, box.x0 : box.x1] if axis == 2 else mirrored[:, box.y0 : box.y1]


_FILLS: dict[str, Callable[[Array, OccludeOptions], Fill]] = {
    "mean": _mean,
    "blur": _blur,
    "reflect": _reflect,
    "noise": _noise,
}
