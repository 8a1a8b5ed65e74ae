"""One layer's code, inverted: what is climbed, and again with a smaller step where it diverges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.geometry.walk import IMAGE
from convscope.methods.invert_recipe import (
    middle,
    natural_of_depth,
    prior_of,
    rate_of,
    recipe_of,
    unit_of,
)
from convscope.methods.inverted import Inverted
from convscope.methods.options.invert import InvertOptions
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.reach import forward_to
from convscope.results.layer import Layer
from convscope.synthesis.climb import Ascent, Climb, climb
from convscope.synthesis.code import Code
from convscope.synthesis.objective import Reached
from convscope.synthesis.parameterization import parameterize
from convscope.synthesis.score import rounded

_LESS = 0.25
"""Of the learning rate, where a climb diverges."""
_TRIES = 6
"""Of that, before it is left at its best."""


@dataclass(frozen=True)
class Problem:
    """A layer's code and everything that inverts it but the starts."""

    ascent: Ascent
    code: Code
    lr: float
    """As options give it, without the scale of pixels."""

    def solve(self, seeds: Sequence[int], progress: Callable[[int], None] | None) -> Inverted:
        """From one start a seed; those that diverge again, at a quarter of the rate."""
        found, rate = self._climbed(seeds, 1.0, progress), 1.0
        for _ in range(_TRIES):
            worse = np.flatnonzero(found.stopped >= 0)
            if not len(worse):
                break
            rate *= _LESS
            again = self._climbed([seeds[i] for i in worse.tolist()], rate, progress)
            found = found.replaced(worse, again)
        return found

    def _climbed(
        self, seeds: Sequence[int], rate: float, progress: Callable[[int], None] | None
    ) -> Inverted:
        recipe = self.ascent.recipe
        ascent = replace(self.ascent, recipe=replace(recipe, lr=recipe.lr * rate))
        made = climb(ascent, ascent.parameterization.start(seeds), progress)
        curve = np.sqrt(np.maximum(1 - made.values.T, 0))
        colors = rounded(made.colors)
        return Inverted(
            pictures=(255 * colors).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy(),
            error=self._errors(colors),
            curve=curve,
            lr=np.full(len(seeds), self.lr * rate),
            stopped=_stopped(made, curve, self._errors(made.colors)),
        )

    @torch.no_grad()
    def _errors(self, colors: Tensor) -> NDArray[np.float64]:
        reached = self.ascent.forward(self.ascent.inputs(colors))
        errors: NDArray[np.float64] = self.code.errors(reached).cpu().numpy()
        return errors


def pose(net: Net, layer: Layer | None, batch: Tensor, options: InvertOptions) -> Problem | None:
    """The problem of a layer, of the image itself where it is None; None: all of it is zero.

    Raises:
        DataError: the layer is not finite on this image.
        RuleError: no gradient reaches the image.
    """
    number, name = (IMAGE, "The input") if layer is None else (layer.number, layer.name)
    forward = _centered(net) if layer is None else forward_to(net, [number])
    with torch.no_grad():
        code = Code(number, forward(batch)[number][0].clone(), f"the code of {name}")
    check_finite(code.code, f"{name} is not finite on this image")
    if not code.code.any():
        return None
    recipe = recipe_of(net, unit_of(net, None if layer else code.code, options), options)
    natural, size = natural_of_depth(net, layer), net.preprocessing.size
    made = parameterize(recipe, natural, size, min(size), net.device, net.dtype)
    prior = prior_of(net, layer, options)
    ascent = Ascent(net, forward, code, made, recipe, natural.mean, prior)
    return Problem(ascent, code, rate_of(options))


def _centered(net: Net) -> Callable[[Tensor], Reached]:
    """The code of the input: its colors less the middle, however the network takes them."""
    prep, mean = net.preprocessing, middle(net)

    def forward(batch: Tensor) -> Reached:
        std, shift = (batch.new_tensor(v)[:, None, None] for v in (prep.std, prep.mean - mean))
        return {IMAGE: batch * std + shift}

    return forward


def _stopped(
    made: Climb, curve: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Where a row diverged: as its climb says, or it ends with twice the error of none at all."""
    grew = ~(end <= 2 * np.maximum(curve[:, 0], 1))
    return np.where((made.stopped < 0) & grew, curve.shape[1], made.stopped)
