"""The slow twin of the gradient family, from the papers, in numpy float64: no autograd.

Springenberg et al. 2015, fig. 1: with ``x`` what a rectifier took and ``R`` the reconstruction,
backpropagation gives ``R [x > 0]``, the deconvnet ``R [R > 0]``, guided ``R [R > 0] [x > 0]``.
All else runs back as in `tests.twins.deconvnet`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from torch import nn

from tests.twins import deconvnet
from tests.twins.deconvnet import Array, Back

RECTIFIERS: dict[str, Callable[[Array, Array], Array]] = {
    "gradient": lambda x, r: r * (x > 0),
    "guided": lambda x, r: np.maximum(r, 0) * (x > 0),
    "deconvnet": lambda x, r: np.maximum(r, 0),
}


def run(module: nn.Sequential, x: Array, rule: str) -> tuple[Array, Back]:
    """The result of a chain, and the way back from a reconstruction of it."""
    ways: list[Back] = []
    for part in module:
        if isinstance(part, nn.ReLU):
            ways.append(lambda r, x=x: RECTIFIERS[rule](x, r))  # type: ignore[misc]
            x = np.maximum(x, 0)
        else:
            x, back = deconvnet.forward(part, x)
            ways.append(back)

    def whole(r: Array) -> Array:
        for back in reversed(ways):
            r = back(r)
        return r

    return x, whole


def derivative(
    module: nn.Sequential, x: Array, at: tuple[int, ...], rule: str = "gradient"
) -> Array:
    """What a value of 1 in one place of the result gives at the pixels."""
    top, back = run(module, x, rule)
    seed = np.zeros_like(top)
    seed[at] = 1
    return back(seed)


def smoothgrad(
    module: nn.Sequential, x: Array, at: tuple[int, ...], samples: int, sigma: float, seed: int
) -> Array:
    """Smilkov et al. 2017: the mean of the gradient over noisy copies."""
    drawn = np.random.default_rng(seed)
    spread = sigma * (x.max() - x.min())
    noise = [drawn.standard_normal(x.shape, np.float32) for _ in range(samples)]
    return np.mean([derivative(module, x + spread * n, at) for n in noise], axis=0)


def integrated(
    module: nn.Sequential, x: Array, base: Array, at: tuple[int, ...], steps: int
) -> Array:
    """Sundararajan et al. 2017, eq. 1; the integral from -1 to 1 by Gauss and Legendre's points."""
    points, weights = np.polynomial.legendre.leggauss(steps)
    total = np.zeros_like(x)
    for t, w in zip(points, weights, strict=True):
        total += w * derivative(module, base + (t + 1) / 2 * (x - base), at)
    return (x - base) * total / 2
