"""The first convolution of a network and the one that reads it, as a comparison needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.doctor.filters import LayerFilters, filters_at, reads_image
from convscope.errors import NetworkError
from convscope.results.layer import Layer

if TYPE_CHECKING:
    from convscope.net.net import Net
    from convscope.net.tape import Op, Tape


@dataclass(frozen=True)
class FirstLayers:
    """The first two convolutions, one after the other."""

    first: LayerFilters
    """Of the image, through its BatchNorm."""
    seen: Layer
    """The layer that it ends in: its activation."""
    next: LayerFilters | None
    """As the module holds it; None where nothing with cells convolves the first's maps."""
    shown: Layer | None
    """The layer that the second ends in, whose channels are projected."""


def first_layers(net: Net) -> FirstLayers:
    """Find the two.

    Raises:
        NetworkError: no convolution of the network reads the image.
    """
    from convscope.net.filters import weighted_layers
    from convscope.net.layers import weighted_ends

    tape = net.tape()
    ends = {op.number: number for number, op in weighted_ends(tape).items()}
    convolutions = [tape.ops[one.number] for one in weighted_layers(tape) if one.op == "conv"]
    first = next((op for op in convolutions if reads_image(tape, op)), None)
    if first is None:
        raise NetworkError(_none(net, convolutions))
    later = _reached(tape, first.number)
    after = (op for op in convolutions if op.number in later and op.number in ends)
    second = next((op for op in after if op.length("h") * op.length("w") > 1), None)
    return FirstLayers(
        first=filters_at(tape, first, effective=True),
        seen=tape.layer(ends.get(first.number, first.number)),
        next=None if second is None else filters_at(tape, second),
        shown=None if second is None else tape.layer(ends[second.number]),
    )


def _reached(tape: Tape, number: int) -> set[int]:
    """All ops that depend on an op's result."""
    found, open_ = set[int](), [number]
    while open_:
        fresh = [user for user in tape.consumers[open_.pop()] if user not in found]
        found.update(fresh)
        open_ += fresh
    return found


def _none(net: Net, convolutions: list[Op]) -> str:
    have = (
        f"its first, {convolutions[0].name}, reads something else"
        if convolutions
        else "it has none with weights of its own"
    )
    return (
        f"{net.spec} has no convolution that reads the image ({have}), so there are no first "
        "filters to compare. Look at its layers (convscope layers) and its weights "
        "(convscope weights) instead."
    )
