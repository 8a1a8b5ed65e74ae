"""How a picture is shown: its colors as 8-bit pixels, or standardized or stretched first.

| shown | what is done | source |
|---|---|---|
| colors | nothing | |
| standardized | to mean .5 and deviation .1, clipped | Chollet 2016, ``deprocess_image`` |
| centered | stretched until something is black or white, the mean color middle grey | Yosinski et \
al. 2015: ``best_X`` of their program, the pictures on grey of their figures |
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.synthesis.recipe import Recipe

_DEVIATION, _MIDDLE = 0.1, 0.5
"""Of a standardized picture, on the 0..1 scale."""
_LEAST, _TINY = 1e-5, 1e-10
"""Added to the standard deviation, and to the reach, of 0..255, as published."""


def pictures(
    colors: Tensor, recipe: Recipe, mean: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """Colors on the 0..1 scale as the recipe shows them, as 8-bit pixels.

    Args:
        colors: (n, c, h, w).
        recipe: how they are shown.
        mean: (c,) color that centered pictures have for middle grey; middle grey if not given.

    Returns:
        (n, h, w, c); standardized ones with the fraction cut off, as published.

    >>> pictures(torch.tensor([0.2, 1.7]).view(1, 1, 1, 2), Recipe()).flatten().tolist()
    [51, 255]
    """
    planes = colors.detach().double().permute(0, 2, 3, 1)
    if recipe.shown == "standardized":
        return _bytes((standardized(planes).clamp(0, 1) * 255).floor())
    if recipe.shown == "centered":
        planes = centered(planes, planes.new_tensor(_MIDDLE if mean is None else mean))
    return _bytes((planes.clamp(0, 1) * 255).round())


def centered(planes: Tensor, mean: Tensor) -> Tensor:
    """Each row (n, h, w, c), mean to .5, stretched alike to both sides until it fills 0..1."""
    apart = 255 * (planes - mean)
    reach = 2 * apart.flatten(1).abs().amax(1) + _TINY
    return apart / reach.view(-1, *[1] * (planes.dim() - 1)) + _MIDDLE


def standardized(planes: Tensor) -> Tensor:
    """Each row (n, ...) with mean .5 and standard deviation .1, before it is clipped."""
    rows = 255 * planes.flatten(1)
    centered = rows - rows.mean(1, keepdim=True)
    deviation = rows.std(1, correction=0, keepdim=True)
    return (centered / (deviation + _LEAST) * _DEVIATION + _MIDDLE).view_as(planes)


def colors_of(pixels: NDArray[np.uint8], like: Tensor) -> Tensor:
    """8-bit pixels (n, h, w, c) as colors (n, c, h, w) on the 0..1 scale, of ``like``'s type."""
    planes = torch.tensor(pixels).permute(0, 3, 1, 2)  # decoded pixels may be read-only
    return planes.to(like.device, like.dtype) / 255


def _bytes(planes: Tensor) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = planes.to(torch.uint8).cpu().numpy()
    return found
