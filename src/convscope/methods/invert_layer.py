"""One layer's code, inverted: what is climbed, and again with a smaller step where it diverges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.geometry.walk import IMAGE
from convscope.methods.inverted import Inverted
from convscope.methods.options.invert import InvertOptions
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.reach import forward_to
from convscope.results.layer import Layer
from convscope.synthesis.climb import Ascent, Climb, climb
from convscope.synthesis.code import Code
from convscope.synthesis.natural import Natural
from convscope.synthesis.objective import Reached
from convscope.synthesis.parameterization import parameterize
from convscope.synthesis.prior import Prior
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.score import rounded

RMS = 27098 / (227 * 227 * 3) ** 0.5
"""Of a natural image's pixels less their mean, 0..255: sigma of the published program, 27098."""
_RANGE = (2 * RMS**2 / 8e-10) ** (1 / 6)
"""B: with it the published lambda of the alpha-norm, 8e-10 for alpha 6, is a weight of 1."""
_DEPTHS = ((0.25, 1.0), (0.65, 10.0), (np.inf, 100.0))
"""Lambda of the variation below a share of the input that a cell sees, as for AlexNet's layers."""
_SLIGHT = 0.3
"""The same for ``fourier``, at all depths: against patterns that no cell sees."""
_PUBLISHED = Recipe(
    parameterization="pixels", before=False, optimizer="sgd", momentum=0.9, lr=0.004, steps=400,
    rates=(1.0, 0.1, 0.1, 0.01), start=RMS, jitter=0.0, scale=0.0, rotate=0.0,
)  # fmt: skip
_FOURIER = Recipe(
    spectrum="power", is_bounded=False, before=False, lr=0.015, rates=(1.0, 1.0, 1.0, 0.3),
    start=0.03, jitter=0.0, scale=0.0, rotate=0.0,
)  # fmt: skip
_SIDE = 227
"""Of the published program's input; the learning rate of ``fourier`` is for it too: together all
coefficients move pixels by that, times the side."""
_STEEPER = 0.25
"""Photographs made smaller differ more from pixel to pixel, by this power of the side: 21 of 255 at
227, 29 at 72, 34 at 32 (root mean square over photographs of ImageNet)."""
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
    recipe = _recipe(net, _unit(net, None if layer else code.code, options), options)
    mean = middle(net)
    natural = replace(Natural.usual(len(mean)), mean=mean)
    size = net.preprocessing.size
    made = parameterize(recipe, natural, size, min(size), net.device, net.dtype)
    prior = _prior(net, layer, mean, options)
    ascent = Ascent(net, forward, code, made, recipe, mean, prior)
    return Problem(ascent, code, rate_of(options))


def middle(net: Net) -> NDArray[np.float64]:
    """(c,) color that pixels are counted from: the network's own mean, gray where it has none."""
    mean = np.array(net.preprocessing.mean)
    return mean if mean.any() else np.full_like(mean, 0.5)


def steps_of_kind(options: InvertOptions) -> int:
    """How many steps a climb has."""
    return options.steps or _kind(options).steps


def rate_of(options: InvertOptions) -> float:
    """The learning rate that a climb is tried with first."""
    return options.lr or _kind(options).lr


def _centered(net: Net) -> Callable[[Tensor], Reached]:
    """The code of the input: its colors less the middle, however the network takes them."""
    prep, mean = net.preprocessing, middle(net)

    def forward(batch: Tensor) -> Reached:
        std, shift = (batch.new_tensor(v)[:, None, None] for v in (prep.std, prep.mean - mean))
        return {IMAGE: batch * std + shift}

    return forward


def _kind(options: InvertOptions) -> Recipe:
    return _PUBLISHED if options.kind == "published" else _FOURIER


def _unit(net: Net, colors: Tensor | None, options: InvertOptions) -> float:
    """What a learning rate is in units of.

    For pixels, as published, the square of a natural image's norm; for the input its own, so that
    it is reached from any image. For coefficients a share of the side.
    """
    if options.kind == "fourier":
        return _SIDE / min(net.preprocessing.size)
    if colors is not None:
        return 255**2 * float(colors.double().square().sum())
    return RMS**2 * float(np.prod(net.input_shape))


def _recipe(net: Net, unit: float, options: InvertOptions) -> Recipe:
    return replace(
        _kind(options),
        lr=rate_of(options) * unit,
        steps=steps_of_kind(options),
        jitter=options.jitter / min(net.preprocessing.size),
    )


def _prior(
    net: Net, layer: Layer | None, mean: NDArray[np.float64], options: InvertOptions
) -> Prior | None:
    """As published; the code of the input leaves nothing open that a prior could fill."""
    given = (options.range_weight, options.variation_weight)
    in_range, smooth = (float(layer is not None) if it is None else it for it in given)
    if not (in_range or smooth):
        return None
    scale = (2 * RMS**2 / _lambda(net, layer, options)) ** 0.5
    scale *= (_SIDE / min(net.preprocessing.size)) ** _STEEPER
    return Prior(mean, options.alpha, _RANGE, in_range, options.beta, scale, smooth)


def _lambda(net: Net, layer: Layer | None, options: InvertOptions) -> float:
    if options.kind == "fourier":
        return _SLIGHT
    if layer is None:
        return _DEPTHS[0][1]
    is_whole = layer.field.status == "GLOBAL" or not layer.is_spatial
    share = 1.0 if is_whole else layer.field.y.size / net.preprocessing.size[0]
    return next(weight for below, weight in _DEPTHS if share < below)


def _stopped(
    made: Climb, curve: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Where a row diverged: as its climb says, or it ends with twice the error of none at all."""
    grew = ~(end <= 2 * np.maximum(curve[:, 0], 1))
    return np.where((made.stopped < 0) & grew, curve.shape[1], made.stopped)
