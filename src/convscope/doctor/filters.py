"""The filters of a network's layers, as the measures of this room take them.

As the modules hold them: a BatchNorm after a convolution gives each filter a gain, which says
nothing of what the weights look like (spectra and ranks), and which has its own measures. What
compares sizes of filters asks for ``effective`` ones: before a BatchNorm their own mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.geometry.walk import IMAGE
from convscope.net.kinds import ACTIVATIONS, ARITHMETIC, GLOBAL_POOLS, NORMS

if TYPE_CHECKING:
    from convscope.net.net import Net
    from convscope.net.tape import Op, Tape
    from convscope.results.layer import Layer

_BEFORE = frozenset("identity pad add sub mul div batch_norm permute dropout".split())
"""What a network may do to its input and still read the image in its first convolution."""


@dataclass(frozen=True)
class LayerFilters:
    """The filters of one convolution or linear layer, and how it reads its input."""

    name: str
    number: int
    """On the tape."""
    op: str
    """conv, conv_transpose or linear."""
    weights: NDArray[np.float64]
    """(C, c, kh, kw): of each output channel over the input channels of its group."""
    stride: int
    """Cells of its input from one of its cells to the next; the larger of the two axes'."""
    lattice: int
    """Pixels of the image from one cell of its input to the next; 0 where that has no place."""
    groups: int
    is_first: bool
    """Whether it is a convolution of the image itself."""


def layer_filters(net: Net, *, effective: bool = False) -> Iterator[LayerFilters]:
    """Every layer that has filters, in execution order, with its weights as the module has them.

    Args:
        net: the network.
        effective: fold in the BatchNorm that follows, as it is in evaluation.

    Raises:
        NetworkError: a weight is computed from the image.

    >>> from convscope.net.intake import load
    >>> found = list(layer_filters(load("bundled:photos", device="cpu")))
    >>> [(one.name, one.weights.shape, one.stride, one.lattice) for one in found[:2]]
    [('conv1', (48, 3, 7, 7), 2, 1), ('conv2', (96, 48, 5, 5), 1, 4)]
    """
    from convscope.net.filters import weighted_layers

    tape = net.tape()
    for layer in weighted_layers(tape):
        yield filters_at(tape, tape.ops[layer.number], effective=effective)


def filters_at(tape: Tape, op: Op, *, effective: bool = False) -> LayerFilters:
    """The same of one op that has filters.

    Raises:
        NetworkError: its weights are computed from the image.
    """
    from convscope.net.effective import filters_of

    return LayerFilters(
        name=op.name,
        number=op.number,
        op=op.kind,
        weights=filters_of(tape, op, effective=effective, reshaped=False).weight,
        stride=_stride(op),
        lattice=_lattice(tape, op.inputs[0]),
        groups=int(op.bound.get("groups") or 1),
        is_first=reads_image(tape, op),
    )


_CHANNELWISE = (
    ACTIVATIONS
    | NORMS
    | GLOBAL_POOLS
    | ARITHMETIC
    | frozenset("max_pool avg_pool identity dropout detach flatten pad rsub interpolate".split())
)
"""Kinds of op that leave every channel in its place."""


def filters_behind(tape: Tape, layer: Layer, *, effective: bool = False) -> LayerFilters | None:
    """The filters that a layer's channels come from, one by one; None where they come from many.

    Back through rectifiers, normalizations, pools and what else leaves channels in their places, to
    the first op that has filters. None too where that is not so many: what was flattened has more
    channels.

    Args:
        tape: of the network.
        layer: one of its layers.
        effective: fold in the BatchNorm that follows, as it is in evaluation.

    >>> from convscope.net.intake import load
    >>> tape = load("bundled:photos", device="cpu").tape()
    >>> found = filters_behind(tape, tape.layer("pool1"))
    >>> found.name if found else None
    'conv1'
    """
    from convscope.net.filters import weighted_layers

    filtered = {one.number for one in weighted_layers(tape)}
    number = layer.number
    while number not in filtered:
        inputs = set(tape.ops[number].inputs)
        if tape.ops[number].kind not in _CHANNELWISE or len(inputs) != 1 or IMAGE in inputs:
            return None
        number = inputs.pop()
    found = filters_at(tape, tape.ops[number], effective=effective)
    return found if len(found.weights) == layer.channels else None


def _stride(op: Op) -> int:
    """Of a convolution; a transposed one and a linear layer skip nothing."""
    given: Any = op.bound.get("stride", 1) if op.kind == "conv" else 1
    return int(given if isinstance(given, int) else max(given))


def _lattice(tape: Tape, number: int) -> int:
    if number == IMAGE:
        return 1
    layer = next((one for one in tape.layers if one.number == number), None)
    return int(layer.field.y.stride) if layer is not None and layer.is_spatial else 0


def reads_image(tape: Tape, op: Op) -> bool:
    """Whether an op is a convolution of the image, scaled, shifted or padded at most."""
    number = op.inputs[0]
    while number != IMAGE and tape.ops[number].kind in _BEFORE:
        if len(set(tape.ops[number].inputs)) != 1:
            return False
        number = tape.ops[number].inputs[0]
    return op.kind == "conv" and number == IMAGE
