"""The climb of a caricature, and how alike the layer finds its ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.methods.options.caricature import CaricatureOptions
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.reach import forward_to
from convscope.progress import Progress
from convscope.results.layer import Layer
from convscope.synthesis.climb import Ascent, climb, steps_of
from convscope.synthesis.natural import Natural
from convscope.synthesis.objective import Likeness
from convscope.synthesis.parameterization import parameterize
from convscope.synthesis.presets import PRESETS, SHARP
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.score import rounded
from convscope.synthesis.shown import pictures


@dataclass(frozen=True)
class Drawn:
    """The picture, and how alike it is."""

    picture: NDArray[np.uint8]
    """(h, w, c)."""
    alike: tuple[float, float]
    """Cosine and ratio of the picture."""
    noise: tuple[float, float]
    """The same of the start."""
    note: str
    """Why it is the noise, or that it diverged; empty if neither."""


def recipe_of(options: CaricatureOptions) -> Recipe:
    """The recipe that options name, on the whole of the input."""
    named = {**PRESETS, "auto": SHARP}[options.preset]
    recipe = replace(options.recipe or named, size=0)
    return recipe if options.steps is None else replace(recipe, steps=options.steps)


def draw(
    net: Net,
    layer: Layer,
    batch: Tensor,
    natural: Natural,
    options: CaricatureOptions,
    progress: Progress,
) -> Drawn:
    """Climb from noise.

    Raises:
        DataError: the activations are not finite.
    """
    recipe, size = recipe_of(options), net.preprocessing.size
    made = parameterize(recipe, natural, size, min(size), net.device, net.dtype)
    forward = forward_to(net, [layer.number])
    with torch.no_grad():
        given = forward(batch)[layer.number][0]
    check_finite(given, f"{layer.name} is not finite on this image")
    wanted = Likeness(layer.number, given, options.power, f"Likeness in {layer.name}")
    ascent = Ascent(net, forward, wanted, made, recipe, natural.mean)
    start = made.start([options.seed])
    tick = steps_of(progress, 0, recipe.steps, f"drawing {layer.name}")
    found = climb(ascent, start, tick)
    noise, end = (_alike(ascent, given, colors) for colors in (made.draw(start), found.colors))
    is_flat = recipe.steps > 0 and not found.moved[0]
    note = _note(layer, given, is_flat, int(found.stopped[0]))
    return Drawn(pictures(found.colors, recipe)[0], end, noise, note)


@torch.no_grad()
def _alike(ascent: Ascent, given: Tensor, colors: Tensor) -> tuple[float, float]:
    """Cosine and ratio of lengths, of a picture (1, c, h, w) in 8 bits, in float64."""
    (number,) = ascent.objective.numbers
    reached = ascent.forward(ascent.inputs(rounded(colors)))[number]
    a, b = (planes.flatten().cpu().double() for planes in (given, reached))
    lengths = float(a.norm()), float(b.norm())
    cosine = float(a @ b) / (lengths[0] * lengths[1]) if min(lengths) > 0 else float("nan")
    return cosine, lengths[1] / lengths[0] if lengths[0] > 0 else float("nan")


def _note(layer: Layer, given: Tensor, is_flat: bool, stopped: int) -> str:
    if not bool(given.any()):
        return (
            f"{layer.name} is zero everywhere on this photograph, so there is nothing to "
            "exaggerate: this is the noise. Take an earlier layer."
        )
    if is_flat:
        return (
            f"No small change of the noise changes how alike {layer.name} is, so this is the "
            "noise. Take another seed or layer."
        )
    if stopped >= 0:
        return "The climb diverged, and its best before is shown: the step is too large."
    return ""
