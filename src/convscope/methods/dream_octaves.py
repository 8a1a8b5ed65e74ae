"""Octaves: the sizes at which a picture is climbed, and the climb at one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor
from torch.nn import functional as F

from convscope.methods.dream_target import Wanted
from convscope.methods.options.dream import DreamOptions
from convscope.methods.synthesis_job import climbed_number
from convscope.net.net import Net
from convscope.net.reach import forward_to
from convscope.results.layer import Layer
from convscope.synthesis.canvas import refusal
from convscope.synthesis.climb import Ascent, Climb, climb
from convscope.synthesis.natural import Natural
from convscope.synthesis.parameterization import parameterize
from convscope.synthesis.recipe import Recipe

Size = tuple[int, int]


@dataclass(frozen=True)
class Octaves:
    """Sizes (h, w) in the order they are climbed, and those that the network does not take."""

    sizes: tuple[Size, ...]
    refused: tuple[Size, ...]


@dataclass(frozen=True)
class Climbed:
    """One octave's end."""

    colors: Tensor
    """(1, c, h, w) on the 0..1 scale."""
    moved: bool
    """Whether what is climbed had a slope."""
    is_before: bool
    """Whether what the rectifier takes was climbed, the rectifier's own slope being zero."""
    stopped: int
    """The step at which it diverged, or -1."""


def octaves_of(net: Net, layer: Layer, options: DreamOptions) -> Octaves:
    """The sizes; in place of one that the network does not take stands the next larger."""
    sizes, refused = [net.preprocessing.size], []
    for octave in range(1, options.octaves):
        size = _shrunk(net.preprocessing.size, options.octave_scale**-octave)
        is_taken = refusal(net, layer, size) is None
        sizes.append(size if is_taken else sizes[-1])
        refused += [] if is_taken else [size]
    return Octaves(tuple(sizes[::-1]), tuple(refused[::-1]))


def _shrunk(size: Size, share: float) -> Size:
    return max(round(size[0] * share), 1), max(round(size[1] * share), 1)


def resized(colors: Tensor, size: Size) -> Tensor:
    """Pictures (n, c, h, w) at another size: bilinear, and where they shrink without aliasing."""
    if tuple(colors.shape[2:]) == size:
        return colors
    return F.interpolate(colors, size, mode="bilinear", antialias=True, align_corners=False)


def recipe_of(options: DreamOptions) -> Recipe:
    """A dream as a recipe of the one loop: shaken pixels, and steps of one length."""
    return Recipe(
        parameterization="pixels",
        before=False,
        steps=options.steps,
        optimizer="sgd",
        lr=options.lr,
        gradient="rms",
        start=0.0,
        jitter=options.jitter,
        scale=0.0,
        rotate=0.0,
        clip=True,
    )


def climb_octave(
    net: Net,
    wanted: Wanted,
    start: Tensor,
    options: DreamOptions,
    tick: Callable[[int], None] | None,
) -> Climbed:
    """Climb from colors (1, c, h, w).

    Where the target has no slope, since all its cells are silent, what its rectifier takes is
    climbed instead.

    Raises:
        DataError: what is climbed is not finite.
    """
    recipe, own = recipe_of(options), wanted.layer.number
    before = climbed_number(net.tape(), own, Recipe())
    size = (int(start.shape[2]), int(start.shape[3]))
    forward = forward_to(net, [own, before], size)
    natural, side = Natural.usual(start.shape[1]), min(net.preprocessing.size)
    pixels = parameterize(recipe, natural, size, side, net.device, net.dtype)

    def climbed(number: int) -> Climb:
        objective = wanted.objective(number, forward.tape)
        mean = np.array(net.preprocessing.mean)
        ascent = Ascent(net, forward, objective, pixels, recipe, mean)
        return climb(ascent, start * 255, tick)

    found, is_before = climbed(own), False
    if not found.moved[0] and before != own and wanted.target is not None and recipe.steps:
        found, is_before = climbed(before), True
    moved = bool(found.moved[0])
    return Climbed(found.colors, moved, is_before and moved, int(found.stopped[0]))
