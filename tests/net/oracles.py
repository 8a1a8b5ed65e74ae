"""Slow truths to hold the network room to: poison, and projections one unit at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from convscope.net.full import Seed, activations, project_full
from convscope.net.net import Net
from convscope.net.rules import Rule
from convscope.net.tape import Tape

DECONVNET = Rule("deconvnet")


def support(net: Net, tape: Tape, axis: int) -> dict[int, Tensor]:
    """For every op with cells along the axis, (cells, pixels): does the cell see that row?

    One image a row (or column), NaN in that row, zero risk of cancelling.
    """
    length = tape.input_shape[2 + axis]
    batch = torch.zeros(length, *tape.input_shape[1:], dtype=net.dtype) + 0.1
    for pixel in range(length):
        batch.select(2 + axis, pixel)[pixel] = torch.nan
    letter = "hw"[axis]
    wanted = [op.number for op in tape.ops if letter in op.axes]
    found = {}
    for number, values in activations(net, tape, batch, wanted).items():
        dim = tape.ops[number].axes.index(letter)
        poisoned = values.isnan().movedim(dim, 1).flatten(2).any(2)
        found[number] = poisoned.T
    return found


def full(
    net: Net,
    tape: Tape,
    image: Tensor,
    name: str | int,
    channel: int,
    cell: tuple[int, int] | None,
    rule: Rule = DECONVNET,
) -> Tensor:
    """One projection through the whole image, (c, h, w)."""
    number = tape.layer(name).number
    ((_, projection),) = project_full(net, tape, rule, image, number, [Seed(channel, cell)])
    return projection
