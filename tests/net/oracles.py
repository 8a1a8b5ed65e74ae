"""Slow truths to hold the network room to: poison, and projections one unit at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from convscope.errors import ForwardError
from convscope.net.cone import plan
from convscope.net.crop import crop_for, project_crops
from convscope.net.full import Seed, activations, project_full
from convscope.net.net import Net, run
from convscope.net.rules import Rule
from convscope.net.switches import SwitchWatch
from convscope.net.tape import Op, Tape
from convscope.net.walkback import project_cones
from convscope.results.layer import Layer

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


def by_crop(
    net: Net,
    tape: Tape,
    image: Tensor,
    name: str | int,
    channel: int,
    cell: tuple[int, int],
    rule: Rule = DECONVNET,
) -> Tensor | None:
    """The same from its crop, set into an empty image; ``None`` where the crop is too small."""
    number = tape.layer(name).number
    crop = crop_for(tape, number, cell)
    whole = torch.zeros_like(image[0])
    if crop is None:
        return whole
    box = crop.box
    cut = image[:, :, box.y0 : box.y1, box.x0 : box.x1]
    try:
        _, projections = project_crops(net, tape, rule, cut, number, [(channel, crop.cell)])
    except ForwardError:
        return None  # too small for the network's kernels: named, so that the whole image is taken
    whole[:, box.y0 : box.y1, box.x0 : box.x1] = projections[0]
    return whole


def by_cone(
    net: Net, tape: Tape, image: Tensor, name: str | int, channel: int, cell: tuple[int, int]
) -> Tensor | None:
    """The same from its cone, set into an empty image; ``None`` where it has none."""
    layer = tape.layer(name)
    cone = plan(tape, layer.number)
    if cone is None:
        return None
    watch = SwitchWatch(tape, cone.pools, [(layer.number, (0, channel, *cell))])
    run(net, image, watch)
    switches = {number: found[0] for number, found in watch.switches.items()}
    projections = project_cones(cone, [channel], [cell], watch.values[0].view(1), [switches])
    frame = layer.field.frame(cell, *image.shape[2:])
    assert projections.shape[2:] == (frame.height, frame.width)
    inside = frame.clip(*image.shape[2:])
    whole = torch.zeros_like(image[0])
    whole[:, inside.y0 : inside.y1, inside.x0 : inside.x1] = projections[
        0,
        :,
        inside.y0 - frame.y0 : inside.y1 - frame.y0,
        inside.x0 - frame.x0 : inside.x1 - frame.x0,
    ]
    outside = projections.abs().sum() - whole.abs().sum()
    assert abs(float(outside)) <= 1e-12 * float(whole.abs().sum())
    return whole


def cells(layer: Layer) -> list[tuple[int, int]]:
    """An interior cell, the middle of each edge, and the corners."""
    rows = sorted({0, layer.height // 2, layer.height - 1})
    columns = sorted({0, layer.width // 2, layer.width - 1})
    return [(y, x) for y in rows for x in columns]


def strongest(op: Op, values: Tensor, cell: tuple[int, int]) -> int:
    """The channel of an op's result that is largest at a cell."""
    return int(torch.stack([values[op.index(0, c, cell)] for c in range(op.channels)]).argmax())


def gap(one: Tensor, other: Tensor) -> float:
    """Largest difference, as a share of the larger one's maximum."""
    scale = max(float(one.abs().max()), float(other.abs().max()), 1e-300)
    return float((one - other).abs().max()) / scale
