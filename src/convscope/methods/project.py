"""Projection of one unit of one image back to the pixels.

Source: Zeiler & Fergus 2013, sec. 2.1: set all other activations of the layer to zero, then
unpool with the switches, rectify, and filter with the transposed filters, down to the input.
With ``R_l`` the reconstruction at layer ``l``: ``R_{l-1} = W_l^T max(unpool(R_l), 0)``.

Shows: the structure inside the patch this activation came from.
Does not show: what the class rests on, or the picture the unit would like best.
Easily misread: not drawn by the network: this photograph, filtered.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from convscope.address import Address, parse
from convscope.errors import AddressError, DataError, UsageError
from convscope.images.image import Image
from convscope.methods.options.project import ProjectOptions
from convscope.methods.provenance import provenance
from convscope.net.full import Seed, activations, project_full
from convscope.net.net import Net
from convscope.net.rules import Rule
from convscope.net.tape import Tape
from convscope.results.layer import Layer
from convscope.results.projection import Projection


def project(
    net: Net, image: Image, target: str | Address, options: ProjectOptions | None = None
) -> Projection:
    """Project one unit of one image.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`).
        target: ``layer:channel`` for its strongest cell, ``layer:channel@y,x`` for a given one;
            a fully connected unit or a logit is a layer's channel too.
        options: the backward rule and the seed.

    Raises:
        AddressError: no such layer, channel or cell.
        RuleError: the rule would give a wrong picture on this network.
        DataError: the image does not fit, or the activation or its projection is not finite.

    >>> from convscope.images.read import read
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> photo = read(np.zeros((*net.preprocessing.size, 3), np.uint8), net.preprocessing)
    >>> project(net, photo, "relu1:0").array.shape == photo.array.shape
    True
    """
    options = options or ProjectOptions()
    address = parse(target) if isinstance(target, str) else target
    batch = net.one(image)
    with net.hosted():
        tape = net.tape()
        layer = tape.check(address)
        if address.channel is None:
            raise AddressError(
                f"{address} is a whole layer; a projection is of one unit: {layer.name}:0 to "
                f"{layer.name}:{layer.channels - 1}."
            )
        seed, value = _seed(net, tape, layer, address, batch, options)
        if value <= 0 and not layer.signed:
            note = _silent(layer, address, value)
            return _result(net, image, layer, seed, value, note, options, None)
        ((found, array),) = project_full(net, tape, rule_of(options), batch, layer.number, [seed])
    if not bool(torch.isfinite(array).all()):
        raise DataError(
            f"The projection of {address} is not finite: the network's derivative overflows on "
            "this image. Look at the weights and at the preprocessing (mean and std)."
        )
    note = "" if bool(array.any()) else _zero(value)
    return _result(net, image, layer, seed, found, note, options, array)


def rule_of(options: ProjectOptions) -> Rule:
    """The backward rule that options name."""
    return Rule(options.rule, options.lrn, options.gate)


def _seed(
    net: Net, tape: Tape, layer: Layer, address: Address, batch: Tensor, options: ProjectOptions
) -> tuple[Seed, float]:
    """The cell to start from (the strongest unless given) and its activation."""
    if options.seed == "map" and address.cell is not None:
        raise UsageError(
            f"{address} is one cell, and seed='map' starts from the whole map. Leave one of the "
            "two out."
        )
    channel = address.channel or 0
    result = activations(net, tape, batch, [layer.number])[layer.number]
    index = tape.ops[layer.number].index(0, channel, None)
    values = result[index].reshape(layer.height, layer.width)
    if not bool(torch.isfinite(values).all()):
        raise DataError(
            f"{layer.name}:{channel} is not finite on this image, so it has no strongest cell. "
            "Look at the weights and at the preprocessing (mean and std)."
        )
    if options.seed == "map":
        return Seed(channel, None), float(values.sum())
    first = int((values == values.max()).flatten().int().argmax())
    cell = address.cell or divmod(first, layer.width)
    return Seed(channel, cell), float(values[cell])


def _silent(layer: Layer, address: Address, value: float) -> str:
    if address.cell is not None:
        return f"Silent here: its activation in this cell of {layer.name} is {value:.3g}."
    return f"Silent on this image: its strongest activation in {layer.name} is {value:.3g}."


def _zero(value: float) -> str:
    if value == 0:
        return "The activation is exactly zero, and so is its projection."
    return (
        "The projection is zero everywhere: nothing in the image drives this activation, only "
        "biases do."
    )


def _result(
    net: Net,
    image: Image,
    layer: Layer,
    seed: Seed,
    value: float,
    note: str,
    options: ProjectOptions,
    array: Tensor | None,
) -> Projection:
    height, width = net.preprocessing.size
    frame = layer.field.frame(seed.cell or (0, 0), height, width)
    whole = seed.cell is None or layer.field.status == "GLOBAL"
    return Projection(
        array=np.zeros_like(image.array) if array is None else array.float().cpu().numpy(),
        shown=image.shown,
        layer=layer.name,
        channel=seed.channel,
        cell=seed.cell if layer.is_spatial else None,
        value=value,
        frame=(0, 0, height, width) if whole else (frame.y0, frame.x0, frame.y1, frame.x1),
        note=note,
        provenance=provenance("project", net, image, options),
    )
