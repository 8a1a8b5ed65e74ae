"""Transforms: what happens to the picture before the network sees it, drawn anew in each step.

Pad, jitter, scale, rotation and crops are one affine resampling (bilinear), so that a step costs
one pass over the canvas; then a blur, then noise. All rows of a batch share the draws, so a row
climbs alike in every batch. Lengths scale with the side of the network's input.

Source: Olah et al. 2017, "Transformation robustness"; crops with noise: Fel et al. 2023, sec. 3.2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from convscope.synthesis.recipe import Recipe
from convscope.synthesis.side import blur_share

_ROOM = 1.5
"""Pixels: a shift of one still has one beyond it."""


def transformed(colors: Tensor, recipe: Recipe, share: float, side: int, step: int) -> Tensor:
    """Crops of the pictures as the network sees them in one step.

    Args:
        colors: (n, c, h, w) on the 0..1 scale.
        recipe: which transforms.
        share: how far the climb is, from 0 to 1: crops may shrink.
        side: of the network's input.
        step: the draws depend on it and on nothing else.

    Returns:
        (crops * n, c, h, w): the first draw of all rows, then the second.
    """
    drawn = torch.Generator().manual_seed(step)
    crops = [_crop(colors, recipe, share, side, drawn) for _ in range(recipe.crops)]
    return crops[0] if len(crops) == 1 else torch.cat(crops)


def _crop(
    colors: Tensor, recipe: Recipe, share: float, side: int, drawn: torch.Generator
) -> Tensor:
    seen = _warped(colors, recipe, share, side, drawn)
    if recipe.defocus:
        low, high = recipe.defocus
        sigma = (low + (high - low) * _uniform(drawn)) * blur_share(side)
        seen = blurred(seen, sigma)
    if recipe.noise:
        noise = torch.randn(seen.shape[1:], generator=drawn).to(seen)
        seen = seen + recipe.noise * noise
    return seen


def _warped(
    colors: Tensor, recipe: Recipe, share: float, side: int, drawn: torch.Generator
) -> Tensor:
    matrix = _matrix(recipe, share, side, (colors.shape[2], colors.shape[3]), drawn)
    if matrix is None:
        return colors
    size = [1, *colors.shape[1:]]
    grid = F.affine_grid(torch.tensor([matrix]).to(colors), size, align_corners=False)
    grid = grid.expand(len(colors), -1, -1, -1)
    # beyond the border lies middle grey, as Lucid pads
    return F.grid_sample(colors - 0.5, grid, align_corners=False) + 0.5


def _matrix(
    recipe: Recipe, share: float, side: int, size: tuple[int, int], drawn: torch.Generator
) -> list[list[float]] | None:
    """Rows of the map from what is seen to where it is read, in units of half the canvas."""
    if not (recipe.jitter or recipe.scale or recipe.rotate or min(recipe.box) < 1):
        return None
    first, last = recipe.box
    box = first + (last - first) * share
    zoom = box / (1 + recipe.scale * _signed(drawn))
    angle = math.radians(recipe.rotate) * _signed(drawn)
    reach = jitter_pixels(recipe, side)
    # a crop is drawn from anywhere in the canvas, but around its middle
    y, x = (reach * _signed(drawn) for _ in "yx")
    if recipe.scale == recipe.rotate == 0 and box == 1:
        y, x = float(round(y)), float(round(x))  # whole pixels need no interpolation
    cos, sin, (h, w) = zoom * math.cos(angle), zoom * math.sin(angle), size
    return [[cos, sin * h / w, 2 * x / w], [-sin * w / h, cos, 2 * y / h]]


def jitter_pixels(recipe: Recipe, side: int) -> float:
    """The largest shift of a step: a share of the side, but room for a stride of small inputs."""
    return max(recipe.jitter * side, _ROOM) if recipe.jitter else 0.0


def blurred(images: Tensor, sigma: float) -> Tensor:
    """A Gaussian blur of (n, c, h, w), the border mirrored as SciPy's ``reflect`` does.

    >>> blurred(torch.ones(1, 1, 4, 4), 1.0).round(decimals=4).unique().tolist()
    [1.0]
    """
    if sigma <= 0:
        return images
    radius = int(4 * sigma + 0.5)
    places = torch.arange(-radius, radius + 1, device=images.device, dtype=images.dtype)
    kernel = torch.exp(-0.5 * (places / sigma) ** 2)
    kernel = (kernel / kernel.sum()).expand(images.shape[1], 1, -1)
    for axis in (2, 3):
        images = _convolved(images, kernel, axis, radius)
    return images


def _convolved(images: Tensor, kernel: Tensor, axis: int, radius: int) -> Tensor:
    padded = images.index_select(axis, _mirrored(images.shape[axis], radius, images.device))
    shaped = kernel.unsqueeze(3 if axis == 2 else 2)
    return F.conv2d(padded, shaped, groups=images.shape[1])


def _mirrored(length: int, radius: int, device: torch.device) -> Tensor:
    """Indices of a row continued on both sides by its mirror image, edge pixels twice."""
    places = torch.arange(-radius, length + radius, device=device) % (2 * length)
    return torch.where(places < length, places, 2 * length - 1 - places)


def _uniform(drawn: torch.Generator) -> float:
    return float(torch.rand((), generator=drawn))


def _signed(drawn: torch.Generator) -> float:
    return 2 * _uniform(drawn) - 1
