"""Parameterizations: what is climbed in place of pixels, and the colors it makes.

| name | parameters | colors | source |
|---|---|---|---|
| pixels | pixels, 0..255 | as they are | Yosinski et al. 2015 |
| fourier | Fourier coefficients over a scale | sigmoid, colors correlated | Olah et al. 2017 |
| phase | phases under a fixed magnitude | natural mean and contrast | Fel et al. 2023, eq. 4 |

Each row has its own parameters, and rows with the same seed start alike, whatever batch they are
in. Colors are on the 0..1 scale, (n, c, h, w).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from convscope.synthesis.natural import Natural
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.side import blur_share
from convscope.synthesis.spectrum import odd, symmetric

Draw = Callable[[Tensor], Tensor]
"""From parameters to colors."""
_MIDDLE = 128.0
"""Of evenly drawn pixels, as in Chollet 2016."""
_VECTOR = 64
"""Numbers in the longest run of vectors that elementwise kernels take."""
_EDGE = 1e-3
"""Of colors from 0 and 1, where the sigmoid's inverse is infinite."""


@dataclass(frozen=True)
class Parameterization:
    """Where a climb starts and how its parameters become a picture."""

    start: Callable[[Sequence[int]], Tensor]
    """From one seed a row to parameters (n, ...)."""
    draw: Draw
    """From parameters to colors (n, c, h, w), with gradients."""
    invert: Callable[[Tensor], Tensor] | None = None
    """From colors to parameters, where a picture can be started from."""


def parameterize(
    recipe: Recipe,
    natural: Natural,
    size: tuple[int, int],
    side: int,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
) -> Parameterization:
    """The parameterization of a recipe.

    Args:
        recipe: which, and how it starts.
        natural: statistics of images: the mean, how colors vary together, magnitudes.
        size: of the canvas, (h, w).
        side: of the network's input, that blurs are measured by.
        device: where the parameters live.
        dtype: of the network; what is climbed has at least float32, which transforms need, and in
            which small steps are not lost.
    """
    dtype = torch.promote_types(dtype, torch.float32)
    mean = torch.tensor(natural.mean, device=device, dtype=dtype)[:, None, None]
    if recipe.parameterization == "pixels":
        return _pixels(recipe, mean, size)
    color = torch.tensor(natural.color, device=device, dtype=dtype)
    scale = torch.tensor(_scale(recipe, natural, size, side), device=device, dtype=dtype)
    if recipe.parameterization == "phase":
        return _phase(color, mean, scale, size)
    return _fourier(recipe, color, mean, scale, size)


def _pixels(recipe: Recipe, mean: Tensor, size: tuple[int, int]) -> Parameterization:
    def start(seeds: Sequence[int]) -> Tensor:
        noise = _noise(seeds, (len(mean), *size), mean, is_uniform=recipe.is_uniform)
        middle = torch.full_like(mean, _MIDDLE) if recipe.is_uniform else 255 * mean
        return middle + recipe.start * noise

    return Parameterization(start, lambda pixels: pixels / 255, lambda colors: colors * 255)


def _fourier(
    recipe: Recipe, color: Tensor, mean: Tensor, scale: Tensor, size: tuple[int, int]
) -> Parameterization:
    middle = torch.logit(mean.clamp(_EDGE, 1 - _EDGE)) if recipe.spectrum == "natural" else 0 * mean
    spread = 4.0 if recipe.spectrum == "natural" else 1.0  # the sigmoid's slope at 0 is a quarter
    if recipe.spectrum == "power":
        color = color / color.norm(dim=0).max()  # as in Lucid

    # a natural scale has no constant part: the mean color of a picture is carried, not climbed
    still = torch.zeros_like(scale)
    still[:, 0, 0] = (scale[:, 0, 0] == 0) * math.prod(size)

    def start(seeds: Sequence[int]) -> Tensor:
        noise = _noise(seeds, (*scale.shape, 2), mean)
        return recipe.start * noise * (still == 0)[..., None]

    def draw(coefficients: Tensor) -> Tensor:
        found = torch.view_as_complex(coefficients)
        spectrum = symmetric(found * scale + found.detach() * still, size[1])
        colors = _mix(color, torch.fft.irfft2(spectrum, s=size))
        return _sigmoid(spread * colors + middle) if recipe.is_bounded else colors + mean

    def invert(colors: Tensor) -> Tensor:
        image = colors - mean
        if recipe.is_bounded:
            image = (torch.logit(colors.clamp(_EDGE, 1 - _EDGE)) - middle) / spread
        found = torch.fft.rfft2(_mix(torch.linalg.inv(color), image))
        by = (scale + still).clamp(min=scale[scale > 0].min())
        return torch.view_as_real(found / by).contiguous()

    return Parameterization(start, draw, invert)


def _phase(color: Tensor, mean: Tensor, scale: Tensor, size: tuple[int, int]) -> Parameterization:
    def start(seeds: Sequence[int]) -> Tensor:
        return 2 * math.pi * _noise(seeds, tuple(scale.shape), mean, is_uniform=True)

    def draw(phases: Tensor) -> Tensor:
        spectrum = torch.polar(scale.expand_as(phases).contiguous(), odd(phases, size[1]))
        colors = _mix(color, torch.fft.irfft2(spectrum, s=size)) + mean
        return colors + (colors.clamp(0, 1) - colors).detach()  # slopes stay where it clips

    return Parameterization(start, draw)


def _sigmoid(images: Tensor) -> Tensor:
    """The sigmoid, each row as if it were alone.

    The last few numbers of an array are rounded as scalars, all others as vectors: rows filled up
    to whole vectors are rounded alike, wherever they stand.
    """
    rows = images.flatten(1)
    whole = pad(rows, (0, -rows.shape[1] % _VECTOR))
    return torch.sigmoid(whole)[:, : rows.shape[1]].view_as(images)


def _mix(color: Tensor, image: Tensor) -> Tensor:
    return torch.einsum("cd,ndhw->nchw", color, image)


def _noise(
    seeds: Sequence[int], shape: tuple[int, ...], like: Tensor, *, is_uniform: bool = False
) -> Tensor:
    """(n, *shape): each row from its own seed, drawn on the CPU so that devices agree."""
    drawn = torch.rand if is_uniform else torch.randn
    rows = [drawn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    noise = torch.stack(rows).to(like.device, like.dtype)
    return noise - 0.5 if is_uniform else noise


def _scale(
    recipe: Recipe, natural: Natural, size: tuple[int, int], side: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """What unit coefficients are multiplied by, (c, h, w // 2 + 1)."""
    height, width = size
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    if recipe.spectrum == "power" and recipe.parameterization == "fourier":
        # as in Lucid, whose colors are the image's fourth part
        power = math.sqrt(height * width) / np.maximum(frequency, 1 / max(size)) / 4
        scale = np.stack([power] * len(natural.mean))
    else:
        scale = natural.scaled(height, width)
    sigma = recipe.lowpass * blur_share(side)
    low: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = scale * np.exp(
        -2 * (math.pi * sigma * frequency) ** 2
    )
    return low
