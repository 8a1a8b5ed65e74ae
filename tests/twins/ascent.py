"""The slow twin of gradient ascent and its regularizers, from the papers and programs, in numpy.

One picture at a time, (c, h, w) in float64, pixels 0..255.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from convscope.synthesis.recipe import Recipe

Array = NDArray[np.float64]


def deprocessed(x: Array) -> NDArray[np.uint8]:
    """Chollet 2016: mean .5, deviation .1, clipped; a cast to bytes cuts the fraction off."""
    x = x - x.mean()
    x = x / (x.std() + 1e-5)
    x = np.clip(x * 0.1 + 0.5, 0, 1)
    return np.clip(x * 255, 0, 255).astype(np.uint8)


def norm01c(x: Array, center: float) -> Array:
    """Yosinski et al.'s program: the range to 0..1 so that the center becomes .5."""
    x = x - center
    x = x / (max(2 * x.max(), -2 * x.min()) + 1e-10)
    return x + 0.5


def blurred(x: Array, sigma: float) -> Array:
    """SciPy's filter, channel by channel, as Yosinski et al.'s program calls it."""
    return np.stack([gaussian_filter(plane, sigma) for plane in x]) if sigma else x


def emptied(x: Array, measure: Array, percent: float) -> Array:
    """Pixels of least measure (h, w) set to zero, as Yosinski et al.'s program writes it."""
    if not percent:
        return x
    small = measure < np.percentile(measure, percent)
    return x - x * np.tile(small[None], (len(x), 1, 1))


def regularized(x: Array, gradient: Array, step: int, r: Recipe) -> Array:
    """Yosinski et al. 2015, after a step, in the order of their program; ``x`` less the mean."""
    x = x * (1 - r.decay)
    if r.blur > 0 and step % r.blur_every == 0:
        x = blurred(x, r.blur)
    x = emptied(x, np.sqrt((x**2).sum(0)), r.norm_percentile)
    return emptied(x, np.abs((gradient * -x).sum(0)), r.contribution_percentile)


def rate(gradient: Array, r: Recipe) -> float:
    """Their policies ``constant`` and ``progress``."""
    return min(r.lr, r.progress / (gradient**2).sum()) if r.gradient == "progress" else r.lr


def yosinski(
    pull: Callable[[Array], tuple[float, Array]], start: Array, mean: Array, r: Recipe
) -> Array:
    """Their whole program: the picture of the step that reached most, 0..255.

    ``pull`` gives a picture's objective and its gradient.
    """
    x, best, kept = start - mean, -np.inf, start
    for step in range(r.steps):
        x = np.clip(x + mean, 0, 255) - mean
        value, gradient = pull(x + mean)
        if value > best:
            best, kept = value, x + mean
        x = x + rate(gradient, r) * gradient
        x = regularized(x, gradient, step, r)
    return kept
