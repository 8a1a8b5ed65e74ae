"""Every map of a layer on one image, and why some of them are blank.

Source: Zeiler & Fergus 2013, sec. 2.1: the feature maps of a layer are what it computed; Yosinski
et al. 2015, sec. 2, show all of them at once. With ``A`` a layer's result on the image,
``maps[c] = A[0, c]``, unscaled.

Shows: where, on this image, the channel fires, and how strongly.
Does not show: why, or for which class.
Easily misread: black is silent here, not broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.address import Address, Class, Look, parse_look
from convscope.errors import ScoresError
from convscope.geometry.walk import IMAGE
from convscope.images.image import Image
from convscope.methods.blank import Before, Seen, blanks
from convscope.methods.options.activations import ActivationsOptions
from convscope.methods.provenance import provenance
from convscope.methods.seen import histogram, seen_of
from convscope.net.kinds import LAYOUT
from convscope.net.net import Net
from convscope.net.parts import parts, rectified_from
from convscope.net.read import read_layers
from convscope.net.rebuild import check_weights
from convscope.net.scores import class_number, scores_layer
from convscope.net.tape import Op, Tape
from convscope.results.activations import Activations
from convscope.results.layer import Layer
from convscope.tally.histogram import edges


def activations(
    net: Net,
    image: Image,
    target: str | Look,
    options: ActivationsOptions | None = None,
    *,
    atlas: Any = None,
) -> Activations:
    """All maps of one layer on one image.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`).
        target: a layer (``features.8``); of a unit, direction or class, its layer.
        options: what is computed.
        atlas: an opened atlas of this network, so that a map silent here is told from a dead one.

    Raises:
        AddressError: no such layer, channel, cell or class.
        AtlasError: the atlas is of other weights.
        DataError: the image does not fit.

    >>> from convscope.images.read import read
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> photo = read(np.zeros((*net.preprocessing.size, 3), np.uint8), net.preprocessing)
    >>> activations(net, photo, "relu3").maps.shape
    (128, 6, 6)
    """
    layer = layer_of(net, target)
    return activations_of(net, image, [layer], options, atlas=atlas)[0]


def activations_of(
    net: Net,
    image: Image,
    layers: Sequence[Layer],
    options: ActivationsOptions | None = None,
    *,
    atlas: Any = None,
) -> tuple[Activations, ...]:
    """The same of many layers, in one forward."""
    options = options or ActivationsOptions()
    batch = net.one(image)
    if atlas is not None:
        check_weights(atlas.manifest, net)
    with net.hosted():
        tape = net.tape()
        made = provenance("activations", net, image, options)
        sources = {one.number: _sources(tape, one) for one in layers} if options.before else {}
        known = {layer.number: layer for layer in tape.layers}
        inner = [known[op.number] for ops in sources.values() for op in ops if op]
        values = read_layers(net, batch, [*layers, *inner])
    return tuple(
        _result(net, image, layer, values, sources.get(layer.number, ()), made, atlas)
        for layer in layers
    )


def layer_of(net: Net, target: str | Look) -> Layer:
    """The layer that a target is of.

    Raises:
        AddressError: no such layer, channel, cell or class.
    """
    look = parse_look(target) if isinstance(target, str) else target
    if isinstance(look, Class):
        class_number(net, look.name)
        return scores_layer(net)
    if isinstance(look, Address):
        return net.tape().check(look)
    for channel, _ in look.terms:
        net.tape().check(Address(look.layer, channel))
    return net.tape().layer(look.layer)


def _sources(tape: Tape, layer: Layer) -> tuple[Op | None, ...]:
    """For each part of a layer, the op before its rectifier, if it has one that can be read."""
    found = [rectified_from(tape, op) for op in parts(tape, layer.number)]
    readable = {one.number for one in tape.layers}
    return tuple(op if op and op.number in readable else None for op in found)


def _result(
    net: Net,
    image: Image,
    layer: Layer,
    values: Mapping[int, Tensor],
    sources: Sequence[Op | None],
    made: dict[str, Any],
    atlas: Any,
) -> Activations:
    tape, maps = net.tape(), values[layer.number].float().numpy()
    before = _before(tape, layer, values, sources)
    seen = None if atlas is None else seen_of(tape, layer, atlas)
    blank = tuple(blanks(maps, layer.signed, before, seen))
    axes = (layer.field.y, layer.field.x)
    bins = edges() if seen is None or not seen.histogram.size else atlas.histogram_edges
    return Activations(
        maps=maps,
        shown=image.shown,
        layer=layer.name,
        signed=layer.signed,
        names=_names(net, layer),
        before=before.value,
        before_cell=before.cell,
        fired=(maps > 0).mean(axis=(1, 2)),
        histogram=histogram(maps, bins),
        edges=bins,
        atlas_images=0 if seen is None else seen.images,
        atlas_fired_images=None if seen is None else seen.fired_images,
        atlas_fired=None if seen is None else seen.fired_cells,
        atlas_histogram=seen.histogram if seen is not None and seen.histogram.size else None,
        blank=tuple((channel, sentence) for channel, _, sentence in blank),
        kinds=tuple(kind for _, kind, _ in blank),
        field=tuple((axis.size, float(axis.stride), float(axis.offset)) for axis in axes),  # type: ignore[arg-type]
        field_status=layer.field.status,
        note=_note(layer, [kind for _, kind, _ in blank], net, atlas, seen),
        provenance=made,
    )


def _before(
    tape: Tape, layer: Layer, values: Mapping[int, Tensor], sources: Sequence[Op | None]
) -> Before:
    """The highest value of each channel before its rectifier, with its first cell."""
    highest, cells = [], []
    for op, source in zip(parts(tape, layer.number), sources, strict=False):
        if source is None:
            highest.append(np.full(op.channels, np.nan, np.float32))
            cells.append(np.full((op.channels, 2), -1))
            continue
        flat = values[source.number].flatten(1)
        top = flat.max(dim=1).values
        first = (flat == top[:, None]).int().argmax(dim=1).numpy()
        highest.append(torch.where(torch.isfinite(top), top, torch.nan).float().numpy())
        cells.append(np.stack(np.divmod(first, source.length("w")), axis=1))
    if not highest:
        return Before(np.full(layer.channels, np.nan, np.float32), np.full((layer.channels, 2), -1))
    return Before(np.concatenate(highest), np.concatenate(cells).astype(np.int64))


def _names(net: Net, layer: Layer) -> tuple[str, ...]:
    """The names of a layer's channels, where they are the scores of classes that have names."""
    try:
        here = scores_layer(net).number
    except ScoresError:  # a network without classes has no names for them
        return ()
    ops = net.tape().ops
    while here not in (layer.number, IMAGE) and ops[here].kind in LAYOUT:
        here = ops[here].inputs[0]
    return tuple(net.labels or ())[: layer.channels] if here == layer.number else ()


def _note(layer: Layer, kinds: Sequence[str], net: Net, atlas: Any, seen: Seen | None) -> str:
    words = dict.fromkeys(kinds)
    counts = ", ".join(f"{kinds.count(word)} {word}" for word in words)
    what = "maps" if layer.is_spatial else "values"
    are = "is" if len(kinds) == 1 else "are"
    said = [f"{len(kinds)} of {layer.channels:,} {what} {are} blank: {counts}."] if kinds else []
    if atlas is not None and seen is None:
        said.append(f"The atlas does not hold {layer.name}, so nothing is said of other images.")
    if atlas is not None and atlas.preprocessing.to_dict() != net.preprocessing.to_dict():
        said.append("The atlas's images were prepared otherwise than this one.")
    return " ".join(said)
