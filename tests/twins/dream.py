"""The slow twin of dreams, from Mordvintsev et al. 2015's notebook, in numpy float64: no autograd.

Its ``deepdream`` and ``make_step``, but for what ours states: the gradient is divided by its root
mean square, pictures shrink without aliasing, and nothing is shifted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tests.twins import gradients

Array = NDArray[np.float64]
Seed = Callable[[Array], tuple[float, Array]]
"""From the layer's activations (C, h, w) to the objective and its slope by them."""


def dream(
    module: nn.Sequential,
    photo: Array,
    scaling: tuple[Array, Array],
    seed: Seed,
    sizes: Sequence[tuple[int, int]],
    steps: int,
    lr: float,
) -> Array:
    """The dream (c, h, w) of a photograph, both 0..255."""
    detail = np.zeros_like(photo)
    for size in sizes:
        base = resized(photo, size)
        x = base + resized(detail, size)
        for _ in range(steps):
            x = np.clip(x, 0, 255)
            g = pulled(module, x, scaling, seed)[1]
            x = x + lr * g / np.sqrt((g**2).mean())
        detail = np.clip(x, 0, 255) - base
    return base + detail


def pulled(
    module: nn.Sequential, x: Array, scaling: tuple[Array, Array], seed: Seed
) -> tuple[float, Array]:
    """The objective of a picture 0..255 and its gradient."""
    mean, std = scaling
    top, back = gradients.run(module, (x / 255 - mean) / std, "gradient")
    value, slope = seed(top)
    return value, back(slope) / std / 255


def energy(top: Array) -> tuple[float, Array]:
    """A whole layer."""
    return float((top**2).mean() / 2), top / top.size


def weighed(terms: dict[int, float], cell: tuple[int, int] | None = None) -> Seed:
    """Channels with weights: their mean over the cells, or one cell; of a vector its values."""

    def seed(top: Array) -> tuple[float, Array]:
        slope = np.zeros_like(top)
        for channel, weight in terms.items():
            if top.ndim == 1:
                slope[channel] = weight
            elif cell is not None:
                slope[channel][cell] = weight
            else:
                slope[channel] = weight / top[channel].size
        return float((top * slope).sum()), slope

    return seed


def resized(planes: Array, size: tuple[int, int]) -> Array:
    """Bilinear; a pixel of a smaller picture is a triangle as wide as what it stands for."""
    rows, columns = (weights(planes.shape[1 + axis], size[axis]) for axis in (0, 1))
    return np.einsum("yi,cij,xj->cyx", rows, planes, columns)


def weights(given: int, wanted: int) -> Array:
    """(wanted, given): what each new pixel takes of each old one."""
    found = np.zeros((wanted, given))
    step = given / wanted
    for i in range(wanted):
        for j in range(given):
            away = abs((i + 0.5) * step - (j + 0.5))
            found[i, j] = max(0.0, 1 - away / max(step, 1))
        found[i] /= found[i].sum()
    return found
