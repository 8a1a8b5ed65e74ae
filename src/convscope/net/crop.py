"""Projections from crops: a unit whose cone is local depends on its receptive field alone.

A crop starts and ends at the phase all strides of the cone share (`geometry.walk.aligned`), so
that every cell of the cone meets the same taps as on the whole image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import torch
from torch import Tensor

from convscope.errors import TraceError
from convscope.geometry.box import Box
from convscope.geometry.walk import IMAGE, Graph, aligned
from convscope.geometry.window import Interval
from convscope.net.full import pull, ruled_forward
from convscope.net.kinds import spelling
from convscope.net.net import Net
from convscope.net.rules import Rule
from convscope.net.tape import Op, Tape

_SIZED = frozenset(["reshape", "interpolate", "getitem", "flatten", "expand"])
"""Kinds whose arguments may name the size of the map; their `Reach` is compared instead."""


@dataclass(frozen=True)
class Crop:
    """Where to cut the image for one cell, and where the cell lies in the crop."""

    box: Box
    cell: tuple[int, int]


def crop_for(tape: Tape, number: int, cell: tuple[int, int]) -> Crop | None:
    """The smallest crop that computes a cell exactly; ``None`` where it depends on no pixel."""
    spans, cells = [], []
    for axis in (0, 1):
        graph = tape.graph(axis)
        needs = graph.walk(number, (cell[axis], cell[axis] + 1))
        if IMAGE not in needs:
            return None
        start, end = aligned(
            _pixels(graph, number, needs), graph.lengths[IMAGE], graph.period(number)
        )
        spans.append((start, end))
        cells.append(cell[axis] - int(start / graph.strides(number)[number]))
    (y0, y1), (x0, x1) = spans
    return Crop(Box(y0, x0, y1, x1), (cells[0], cells[1]))


def _pixels(graph: Graph, number: int, needs: Mapping[int, Interval]) -> Interval:
    """The pixels a crop must hold, so that every op's map in it still has the cells needed.

    Slices cut cells off a crop as off the image: what they leave must reach to the cells needed.
    """
    strides, length = graph.strides(number), graph.lengths[IMAGE]
    lows = [floor(low * strides[n]) for n, (low, _) in needs.items()]
    highs = [
        ceil(length - (graph.lengths[n] - high) * strides[n]) for n, (_, high) in needs.items()
    ]
    return max(min(lows), 0), min(max(highs), length)


def crop_tape(net: Net, tape: Tape, size: tuple[int, int], number: int) -> Tape:
    """The tape of a crop of this size up to an op, proved to be the same program.

    Raises:
        TraceError: on this size the network runs other ops, or with other parameters.
    """
    if size == tape.input_shape[2:]:
        return tape
    traced = net.tape(size, until=number)
    for op in (tape.ops[n] for n in tape.graph(0).cone(number) if n != IMAGE):
        if op.number >= len(traced.ops) or not _same(op, traced.ops[op.number]):
            raise TraceError(
                f"On a crop of {size[0]} by {size[1]} the network does something else at {op.name} "
                f"({op.kind}) than on {tape.input_shape[2]} by {tape.input_shape[3]}."
            )
    return traced


def _same(one: Op, other: Op) -> bool:
    program = [
        (op.kind, spelling(op.func), op.ordinal, op.item, op.inputs, op.axes, op.reaches)
        for op in (one, other)
    ]
    given, found = (one.args, one.kwargs), (other.args, other.kwargs)
    arguments = one.kind in _SIZED or _alike(given, found)
    return program[0] == program[1] and arguments


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor) or isinstance(other, Tensor):
        same_kind = isinstance(one, Tensor) and isinstance(other, Tensor)
        return one is other or (same_kind and torch.equal(one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_alike(one[k], other[k]) for k in one)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_alike(a, b) for a, b in pairs)
    return bool(one == other)


def project_crops(
    net: Net,
    tape: Tape,
    rule: Rule,
    crops: Tensor,
    number: int,
    units: Sequence[tuple[int, tuple[int, int]]],
) -> tuple[Tensor, Tensor]:
    """Project one unit from each crop of a batch.

    Args:
        net: the network.
        tape: its tape on whole images.
        rule: the backward rule.
        crops: (b, c, h, w), all cut at `Crop.box` of their unit.
        number: the layer's tape number.
        units: channel and cell within the crop, one for each.

    Returns:
        The activations (b,) and the projections (b, c, h, w).
    """
    traced = crop_tape(net, tape, (crops.shape[2], crops.shape[3]), number)
    image, watch = ruled_forward(net, traced, rule, crops, number)
    activation = watch.results[number]
    start = torch.zeros_like(activation)
    for row, (channel, cell) in enumerate(units):
        index = tape.ops[number].index(row, channel, cell)
        start[index] = activation.detach()[index]
    grad = pull(activation, image, start)
    return start.flatten(1).sum(1), grad
