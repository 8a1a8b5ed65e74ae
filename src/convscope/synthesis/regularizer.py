"""Regularizers: what is done to the pixels themselves after a step.

Source: Yosinski et al. 2015, sec. 3 and Table 1, in the order of their program: clip before the
forward; after the step decay, blur every few steps, then pixels of least norm or contribution are
set to zero, which here as there is the mean image.
"""

from __future__ import annotations

import torch
from torch import Tensor

from convscope.synthesis.recipe import Recipe
from convscope.synthesis.transform import blurred


def clipped(pixels: Tensor) -> Tensor:
    """Pixels within 0 and 255."""
    return pixels.clamp(0, 255)


def regularized(
    pixels: Tensor, gradient: Tensor, mean: Tensor, recipe: Recipe, step: int
) -> Tensor:
    """Pixels after a step.

    Args:
        pixels: (n, c, h, w), 0..255.
        gradient: of the objective by the pixels, before the step, the same shape.
        mean: (c, 1, 1), 0..255: what is zero.
        recipe: decay, blur and the two percentiles.
        step: from 0.
    """
    x = (pixels - mean) * (1 - recipe.decay)
    if recipe.blur and step % recipe.blur_every == 0:
        x = blurred(x, recipe.blur)
    x = without_least(x, x.norm(dim=1), recipe.norm_percentile)
    return without_least(x, contribution(x, gradient), recipe.contribution_percentile) + mean


def contribution(x: Tensor, gradient: Tensor) -> Tensor:
    """How far the unit would move if a pixel were zero, to first order: ``|sum_c x * g|``."""
    return (x * gradient).sum(1).abs()


def without_least(x: Tensor, measure: Tensor, percentile: float) -> Tensor:
    """Set the pixels to zero whose measure (n, h, w) is below its percentile in the row."""
    if not percentile:
        return x
    bound = torch.quantile(measure.flatten(1).double(), percentile / 100, dim=1)
    return x * (measure.double() >= bound[:, None, None])[:, None]
