"""Which layers have filters, and the filters of those that read the image itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import AddressError
from convscope.geometry.walk import IMAGE
from convscope.net.kinds import RECTIFIERS
from convscope.net.match import matching
from convscope.net.net import Net
from convscope.net.tape import Op, Tape
from convscope.results.layer import Layer

WEIGHTED = frozenset("conv conv_transpose linear".split())
"""Kinds that have filters."""
_CHANNELWISE = frozenset("batch_norm identity dropout lrn max_pool avg_pool".split())
"""Kinds that, with rectifiers, leave a channel what its convolution made it."""


def first_filters(net: Net, layers: Sequence[Layer]) -> dict[int, NDArray[np.float32]]:
    """Weights (C, c, kh, kw) of the layers whose convolution reads the image itself."""
    tape = net.tape()
    origins = {layer.number: _origin(tape, layer.number) for layer in layers}
    return {
        number: op.bound["weight"].detach().float().cpu().numpy()
        for number, op in origins.items()
        if op is not None
    }


def first_convolution(net: Net, layer: Layer) -> str:
    """The convolution of the image that a layer's channels come from; empty where there is none."""
    op = _origin(net.tape(), layer.number)
    return "" if op is None else op.name


def _origin(tape: Tape, number: int) -> Op | None:
    """The convolution of the image that an op's channels come from, one by one, if any."""
    op = tape.ops[number]
    while op.kind in RECTIFIERS | _CHANNELWISE and op.inputs[0] != IMAGE:
        op = tape.ops[op.inputs[0]]
    reads_image = op.kind == "conv" and op.inputs == (IMAGE,)
    return op if reads_image and op.bound.get("groups", 1) == 1 else None


def weighted_layers(tape: Tape) -> tuple[Layer, ...]:
    """The layers that have filters, in execution order."""
    return tuple(layer for layer in tape.layers if _has_filters(tape.ops[layer.number]))


def choose_weighted(tape: Tape, patterns: Sequence[str] = ()) -> tuple[Layer, ...]:
    """The layers that have filters, those of them that match shell patterns, or any by name.

    Raises:
        AddressError: there are none, or a pattern matches none of them.
    """
    weighted = weighted_layers(tape)
    if not weighted:
        raise AddressError("This network has no convolution or linear layer with weights.")
    return matching(tape, patterns, [weighted], "layer with weights") if patterns else weighted


def weighted_op(tape: Tape, layer: Layer) -> Op:
    """The op of a layer that has filters.

    Raises:
        AddressError: it has none; the message names the layers they are in.
    """
    op = tape.ops[layer.number]
    if _has_filters(op):
        return op
    names = [tape.ops[number].name for number in _sources(tape, op)]
    come = (
        f"Its channels come from {', '.join(names)}: ask for the weights there."
        if names
        else "No layer before it has any either."
    )
    raise AddressError(f"{layer.name} ({layer.op}) has no weights of its own. {come}")


def _has_filters(op: Op) -> bool:
    return op.kind in WEIGHTED and isinstance(op.bound.get("weight"), Tensor)


def _sources(tape: Tape, op: Op, most: int = 6) -> list[int]:
    """The nearest ops before this one that have filters, in execution order."""
    open_, found = list(op.inputs), set()
    seen = set(open_) | {IMAGE}
    while open_:
        number = open_.pop()
        if number == IMAGE:
            continue
        if _has_filters(tape.ops[number]):
            found.add(number)
            continue
        open_ += [n for n in tape.ops[number].inputs if n not in seen]
        seen |= set(tape.ops[number].inputs)
    return sorted(found)[-most:]
