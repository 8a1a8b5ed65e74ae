"""How a layer's code is inverted: recipe, prior and colors, by the kind and the layer's depth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.methods.options.invert import InvertOptions
from convscope.net.net import Net
from convscope.results.layer import Layer
from convscope.synthesis.natural import Natural
from convscope.synthesis.prior import Prior
from convscope.synthesis.recipe import Recipe

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


def unit_of(net: Net, colors: Tensor | None, options: InvertOptions) -> float:
    """What a learning rate is in units of.

    For pixels, as published, the square of a natural image's norm; for the input its own, so that
    it is reached from any image. For coefficients a share of the side.
    """
    if options.kind == "fourier":
        return _SIDE / min(net.preprocessing.size)
    if colors is not None:
        return 255**2 * float(colors.double().square().sum())
    return RMS**2 * float(np.prod(net.input_shape))


def recipe_of(net: Net, unit: float, options: InvertOptions) -> Recipe:
    """The kind's, its learning rate in units of ``unit``."""
    return replace(
        _kind(options),
        lr=rate_of(options) * unit,
        steps=steps_of_kind(options),
        jitter=options.jitter / min(net.preprocessing.size),
    )


def prior_of(net: Net, layer: Layer | None, options: InvertOptions) -> Prior | None:
    """As published; the code of the input leaves nothing open that a prior could fill."""
    given = (options.range_weight, options.variation_weight)
    in_range, smooth = (float(layer is not None) if it is None else it for it in given)
    if not (in_range or smooth):
        return None
    scale = (2 * RMS**2 / _lambda(net, layer, options)) ** 0.5
    scale *= (_SIDE / min(net.preprocessing.size)) ** _STEEPER
    return Prior(middle(net), options.alpha, _RANGE, in_range, options.beta, scale, smooth)


def _lambda(net: Net, layer: Layer | None, options: InvertOptions) -> float:
    if options.kind == "fourier":
        return _SLIGHT
    return next(weight for below, weight in _DEPTHS if _share(net, layer) < below)


def _share(net: Net, layer: Layer | None) -> float:
    """Of the input's height, what a cell sees."""
    if layer is None:
        return 0.0
    is_whole = layer.field.status == "GLOBAL" or not layer.is_spatial
    return 1.0 if is_whole else layer.field.y.size / net.preprocessing.size[0]


def natural_of_depth(net: Net, layer: Layer | None) -> Natural:
    """Colors that vary together as in photographs, for ``fourier``; each by itself in early layers.

    Their codes leave no color open, and a saturated one is reached in few steps only by itself.
    """
    mean = middle(net)
    found = replace(Natural.usual(len(mean)), mean=mean)
    is_early = _share(net, layer) < _DEPTHS[0][0]
    return replace(found, color=np.eye(len(mean))) if is_early else found


def _kind(options: InvertOptions) -> Recipe:
    return _PUBLISHED if options.kind == "published" else _FOURIER
