"""How a picture is shown: its colors as 8-bit pixels, or standardized first."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.synthesis.recipe import Recipe

_DEVIATION, _MIDDLE = 0.1, 0.5
"""Of a standardized picture, on the 0..1 scale."""
_LEAST = 1e-5
"""Added to the standard deviation of 0..255, as published."""


def pictures(colors: Tensor, recipe: Recipe) -> NDArray[np.uint8]:
    """Colors (n, c, h, w) on the 0..1 scale as the recipe shows them, (n, h, w, c) 8-bit pixels.

    Source of ``standardized``: Chollet 2016 ("How convolutional neural networks see the world"),
    ``deprocess_image``: each picture to mean .5 and deviation .1, clipped, its fraction cut off.

    >>> pictures(torch.tensor([0.2, 1.7]).view(1, 1, 1, 2), Recipe()).flatten().tolist()
    [51, 255]
    """
    planes = colors.detach().double().permute(0, 2, 3, 1)
    if recipe.shown == "standardized":
        return _bytes((standardized(planes).clamp(0, 1) * 255).floor())
    return _bytes((planes.clamp(0, 1) * 255).round())


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
