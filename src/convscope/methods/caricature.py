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

from dataclasses import asdict
from typing import Any

import torch

from convscope.address import Address, Look, parse_look
from convscope.errors import AddressError
from convscope.images.image import Image
from convscope.methods.best import check_atlas
from convscope.methods.caricature_draw import Drawn, draw, recipe_of
from convscope.methods.naturally import natural_of_atlas
from convscope.methods.options.caricature import CaricatureOptions
from convscope.methods.provenance import provenance
from convscope.net.net import Net
from convscope.net.target import layer_of
from convscope.progress import Progress, silent
from convscope.results.caricature import Caricature
from convscope.results.layer import Layer
from convscope.synthesis.natural import Natural


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
    >>> import numpy as np
    >>> drawn = np.random.default_rng(0).integers(0, 256, (*net.preprocessing.size, 3))
    >>> photo = read(drawn.astype(np.uint8), net.preprocessing)
    >>> made = caricature(net, photo, "relu2", CaricatureOptions(steps=20))
    >>> made.cosine > made.noise_cosine
    True
    """
    options = options or CaricatureOptions()
    batch = net.one(image)
    if atlas is not None:
        check_atlas(net, atlas)
    with net.hosted():
        found = _layer(net, layer)
        if natural is None:
            usual = Natural.usual(net.preprocessing.channels)
            natural = usual if atlas is None else natural_of_atlas(atlas)
        drawn = draw(net, found, batch, natural, options, progress)
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


def _result(
    net: Net,
    image: Image,
    layer: Layer,
    drawn: Drawn,
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
