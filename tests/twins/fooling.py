"""The slow twin of fooling, from the papers, in numpy float64: no autograd, no log-odds.

Goodfellow et al. 2015, sec. 4: ``x + eps * sign(grad_x J(x, y))`` with ``J`` the cross-entropy of
the label ``y``; toward a class its sign is turned (Kurakin et al. 2017, sec. 2.3). Madry et al.
2018, sec. 2.1: the same in small steps, each projected on the box around ``x``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tests.twins import gradients

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A chain, and how pictures in levels of 255 become its input."""

    module: nn.Sequential
    mean: Array
    """(c, 1, 1)"""
    std: Array

    def scores(self, x: Array) -> Array:
        """(K,) of a picture in levels."""
        return gradients.run(self.module, (x / 255 - self.mean) / self.std, "gradient")[0]

    def loss_gradient(self, x: Array, label: int) -> Array:
        """Of the cross-entropy ``-log softmax(z)[label]``, whose gradient by z is p - onehot."""
        z, back = gradients.run(self.module, (x / 255 - self.mean) / self.std, "gradient")
        seed = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        seed[label] -= 1
        return back(seed) / self.std / 255


def fgsm(model: Model, x: Array, label: int, eps: float, toward: bool) -> Array:
    sign = np.sign(model.loss_gradient(x, label))
    return np.clip(x - eps * sign if toward else x + eps * sign, 0, 255)


def pgd(
    model: Model,
    x: Array,
    start: Array,
    label: int,
    eps: float,
    toward: bool,
    steps: int,
    step: float,
) -> Array:
    found = project(start, x, eps)
    for _ in range(steps):
        sign = np.sign(model.loss_gradient(found, label))
        found = project(found - step * sign if toward else found + step * sign, x, eps)
    return found


def project(found: Array, x: Array, eps: float) -> Array:
    """Pixel by pixel, back to the ball and to 0..255."""
    out = np.empty_like(found)
    for at in np.ndindex(found.shape):
        low, high = max(float(x[at]) - eps, 0.0), min(float(x[at]) + eps, 255.0)
        out[at] = min(max(float(found[at]), low), high)
    return out
