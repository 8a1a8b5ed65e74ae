"""Projection of one unit, direction or class of one image back to the pixels.

Source: Zeiler & Fergus 2013, sec. 2.1: set all other activations of the layer to zero, then
unpool with the switches, rectify, and filter with the transposed filters, down to the input.
With ``R_l`` the reconstruction at layer ``l``: ``R_{l-1} = W_l^T max(unpool(R_l), 0)``.
A direction starts from its channels' activations in one cell, each times its weight.

Shows: the structure inside the patch this activation came from.
Does not show: what the class rests on, or the picture the unit would like best.
Easily misread: it is not drawn by the network. It is this photograph, filtered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.address import Address, Look, parse_look
from convscope.errors import AddressError, UsageError
from convscope.images.image import Image
from convscope.methods.array import as_array
from convscope.methods.beside import Beside, beside
from convscope.methods.options.project import ProjectOptions
from convscope.methods.provenance import provenance
from convscope.net.finite import check_finite
from convscope.net.full import Blend, Seed, activations, project_full
from convscope.net.net import Net
from convscope.net.rules import Rule
from convscope.net.target import Target, find_target
from convscope.results.projection import Projection


@dataclass(frozen=True)
class _Start:
    """What is projected: a target in a cell, or in its whole map, and how strong it is there."""

    target: Target
    seed: Seed | Blend
    value: float
    opposed: int
    """How many of a direction's channels count against it here."""


def project(
    net: Net, image: Image, target: str | Look, options: ProjectOptions | None = None
) -> Projection:
    """Project one unit, direction or class of one image.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`).
        target: ``layer:channel`` for its strongest cell, ``layer:channel@y,x`` for a given one;
            a fully connected unit or a logit is a layer's channel too. A direction is
            ``layer:17-0.5*40`` or ``layer:random.7``, a class ``class:beagle``.
        options: the backward rule and the seed.

    Raises:
        AddressError: no such layer, channel, cell or class.
        ScoresError: a class of a network without one vector of scores.
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
    look = parse_look(target) if isinstance(target, str) else target
    batch = net.one(image)
    with net.hosted():
        found = _target(net, look)
        start = _start(net, found, str(look), batch, options)
        array = _drawn(net, start, batch, options)
        other = _beside(net, look, start, batch, options, array)
    if array is None:  # said out here: a guest's weights hash is its own only when it is back
        return _result(net, image, start, _silent(start), options, None, other)
    overflow = "the network's derivative overflows on this image"
    check_finite(array, f"The projection of {look} is not finite: {overflow}")
    note = _rectified(start, options) if bool(array.any()) else _zero(start.value)
    return _result(net, image, start, note, options, array, other)


def _drawn(net: Net, start: _Start, batch: Tensor, options: ProjectOptions) -> Tensor | None:
    """The projection (c, h, w); None where nothing is positive that could be projected."""
    if start.value <= 0 and not start.target.layer.signed:
        return None
    number = start.target.layer.number
    found = project_full(net, net.tape(), rule_of(options), batch, number, [start.seed])
    ((_, array),) = found
    return array


def _beside(
    net: Net,
    look: Look,
    start: _Start,
    batch: Tensor,
    options: ProjectOptions,
    array: Tensor | None,
) -> Beside:
    """The same of a twin: the same target in the same cell."""
    if not options.sanity or array is None or not bool(array.any()):
        return Beside()

    def draw(other: Net) -> NDArray[np.float32] | None:
        target = replace(_target(other, look), cell=start.seed.cell)
        began = _start(other, target, str(look), batch, options)
        drawn = _drawn(other, began, batch, options)
        return None if drawn is None else as_array(drawn)

    return beside(net, 0, draw)


def rule_of(options: ProjectOptions) -> Rule:
    """The backward rule that options name."""
    return Rule(options.rule, options.lrn, options.gate)


def _target(net: Net, look: Look) -> Target:
    if isinstance(look, Address) and look.channel is None:
        layer = net.tape().check(look)
        raise AddressError(
            f"{look} is a whole layer; a projection is of one unit: {layer.name}:0 to "
            f"{layer.name}:{layer.channels - 1}."
        )
    return find_target(net, look)


def _start(net: Net, target: Target, said: str, batch: Tensor, options: ProjectOptions) -> _Start:
    """The cell to start from (the strongest unless given) and the target's value there."""
    if options.seed == "map" and target.cell is not None:
        raise UsageError(
            f"{said} is one cell, and seed='map' starts from the whole map. Leave one of the two "
            "out."
        )
    tape, number = net.tape(), target.layer.number
    result = activations(net, tape, batch, [number])[number]
    values = target.values(result, tape)[0]  # (h, w)
    strongest = target.strongest(values)
    cell = None if options.seed == "map" else strongest
    value = float(values.sum() if cell is None else values[cell])
    if target.channel is not None:
        return _Start(target, Seed(target.channel, cell), value, 0)
    seed = Blend(target.terms, cell)
    opposed = sum(_opposes(result, tape.ops[number].index(0, c, cell), w) for c, w in target.terms)
    return _Start(target, seed, value, opposed)


def _opposes(result: Tensor, index: tuple[int | slice, ...], weight: float) -> bool:
    return bool((result[index] * weight).min() < 0)


def _silent(start: _Start) -> str:
    target, value = start.target, f"{start.value:.3g}"
    layer = target.layer.name
    if target.channel is None:
        return (
            f"Nothing to draw: {target.name} is {value} here. The maps of {layer} are rectified, "
            "so only what is positive has a projection."
        )
    if target.cell is not None:
        return f"Silent here: its activation in this cell of {layer} is {value}."
    return f"Silent on this image: its strongest activation in {layer} is {value}."


def _rectified(start: _Start, options: ProjectOptions) -> str:
    """What a rectifying rule drops from a direction's start."""
    if options.rule == "gradient" or start.target.layer.signed or not start.opposed:
        return ""
    return (
        f"{start.opposed} of its {len(start.target.terms)} channels count against it here; "
        f"{options.rule} draws only those that count for it."
    )


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
    start: _Start,
    note: str,
    options: ProjectOptions,
    array: Tensor | None,
    other: Beside,
) -> Projection:
    target, cell = start.target, start.seed.cell
    frame = target.frame(cell, net.preprocessing.size)
    plain = np.zeros_like(image.array) if array is None else as_array(array)
    return Projection(
        array=plain,
        shown=image.shown,
        layer=target.layer.name,
        channel=target.channel,
        cell=cell if target.layer.is_spatial else None,
        value=start.value,
        frame=frame,
        note=" ".join(filter(None, (note, other.note))),
        provenance=provenance("project", net, image, options) | {"twin_seed": other.seed},
        target=_name(target),
        twin=other.array,
        similarity=other.similarity(plain, frame),
    )


def _name(target: Target) -> str:
    """Without the cell, which the result has by itself."""
    if target.cell is None:
        return target.name
    return target.name.removesuffix(f"@{target.cell[0]},{target.cell[1]}")
