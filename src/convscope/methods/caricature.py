"""Caricatures: what a layer keeps of a photograph, exaggerated.

With ``a`` the layer's activations on the photograph and ``b`` those on the picture, all channels
and cells as one vector, the picture climbs from noise

``(a b) / |a| * max(cos(a, b), .1) ^ power``

The dot product asks for more of the same, the cosine for nothing else; what the layer does not
tell apart is left to the noise and to the recipe. An inversion asks for ``b = a``; a caricature may
be far longer.

Source: Olah et al. 2017 ("Feature visualization") and its program Lucid (`dot_compare`); the
recipes: `synthesis.presets`.

Shows: what this layer keeps of the photograph, exaggerated.
Does not show: what the network answers, or which of it the answer rests on.
Easily misread: colors and textures that the layer does not tell apart come from the noise.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.address import Address, Look, parse_look
from convscope.errors import AddressError
from convscope.images.image import Image
from convscope.methods.naturally import natural_of_atlas
from convscope.methods.options.caricature import CaricatureOptions
from convscope.methods.provenance import provenance
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.reach import forward_to
from convscope.net.target import layer_of
from convscope.progress import Progress, silent
from convscope.results.caricature import Caricature
from convscope.results.layer import Layer
from convscope.synthesis.climb import Ascent, climb, steps_of
from convscope.synthesis.natural import Natural
from convscope.synthesis.objective import Likeness
from convscope.synthesis.parameterization import parameterize
from convscope.synthesis.presets import PRESETS, SHARP
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.score import rounded
from convscope.synthesis.shown import pictures


def caricature(
    net: Net,
    image: Image,
    layer: str | Look,
    options: CaricatureOptions | None = None,
    *,
    natural: Natural | None = None,
    atlas: object = None,
    progress: Progress = silent,
) -> Caricature:
    """Draw a picture to which a layer answers as to the photograph, only more so.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`).
        layer: its name.
        options: the recipe, and how much the direction counts beside the length.
        natural: statistics of images; default the atlas's.
        atlas: of this network: gives its images' statistics.
        progress: hears of the steps.

    Returns:
        The photograph and the caricature, how alike the layer's activations are, and those of the
        noise it started from.

    Raises:
        AddressError: no such layer, or a unit or a class.
        DataError: the image does not fit, or the activations are not finite.
        GradientCutError: no gradient reaches the image.

    >>> from convscope.images.read import read
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> drawn = np.random.default_rng(0).integers(0, 256, (*net.preprocessing.size, 3))
    >>> photo = read(drawn.astype(np.uint8), net.preprocessing)
    >>> made = caricature(net, photo, "relu2", CaricatureOptions(steps=20))
    >>> made.cosine > made.noise_cosine
    True
    """
    options = options or CaricatureOptions()
    batch = net.one(image)
    with net.hosted():
        found = _layer(net, layer)
        if natural is None:
            usual = Natural.usual(net.preprocessing.channels)
            natural = usual if atlas is None else natural_of_atlas(atlas)
        drawn = _drawn(net, found, batch, natural, options, progress)
    return _result(net, image, found, drawn, natural, options)


def _layer(net: Net, given: str | Look) -> Layer:
    """The layer of an address without a channel.

    Raises:
        AddressError: there is none, or it is a unit, a direction or a class.
    """
    look = parse_look(given) if isinstance(given, str) else given
    if not isinstance(look, Address) or look.channel is not None:
        raise AddressError(
            f"{look} is no whole layer, which a caricature is of: write its name "
            f"({net.tape().default_layers[-1].name}). A unit or a class is drawn by dream."
        )
    return layer_of(net, look)


@dataclass(frozen=True)
class _Drawn:
    """The picture, and how alike it is."""

    picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    alike: tuple[float, float]
    """Cosine and ratio of the picture."""
    noise: tuple[float, float]
    """The same of the start."""
    note: str


def recipe_of(options: CaricatureOptions) -> Recipe:
    """The recipe that options name, on the whole of the input."""
    named = {**PRESETS, "auto": SHARP}[options.preset]
    recipe = replace(options.recipe or named, size=0)
    return recipe if options.steps is None else replace(recipe, steps=options.steps)


def _drawn(
    net: Net,
    layer: Layer,
    batch: Tensor,
    natural: Natural,
    options: CaricatureOptions,
    progress: Progress,
) -> _Drawn:
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
    return _Drawn(pictures(found.colors, recipe)[0], end, noise, note)


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


def _result(
    net: Net,
    image: Image,
    layer: Layer,
    drawn: _Drawn,
    natural: Natural,
    options: CaricatureOptions,
) -> Caricature:
    recipe = asdict(recipe_of(options))
    made: dict[str, Any] = provenance("caricature", net, image, options)
    made["options"]["recipe"] = {
        key: list(value) if isinstance(value, tuple) else value for key, value in recipe.items()
    }
    return Caricature(
        shown=image.shown,
        picture=drawn.picture,
        layer=layer.name,
        cosine=drawn.alike[0],
        ratio=drawn.alike[1],
        noise_cosine=drawn.noise[0],
        noise_ratio=drawn.noise[1],
        note=drawn.note,
        provenance=made | {"spectrum_images": natural.images, "threads": torch.get_num_threads()},
    )
