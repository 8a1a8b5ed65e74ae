"""Walking a batch of units back through their cones: the deconvnet without a forward.

Source: Zeiler & Fergus 2013, sec. 2.1: unpool with switches, rectify, filter with the transposed
filters, down to the pixels. Cells that a window holds outside its map are zeroed, as the padding
they are. Gradients are owned by whoever takes them off ``waiting``, so they are changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from convscope.geometry.walk import IMAGE
from convscope.geometry.window import Window
from convscope.net.cone import Cone, factor_of
from convscope.net.kinds import RECTIFIERS
from convscope.net.local import pair
from convscope.net.switches import Switches
from convscope.net.tape import Op, Ref, Tape


@dataclass(frozen=True)
class _Batch:
    """Units of one layer: their cells, and the switches of the image each comes from."""

    cone: Cone
    cells: Sequence[tuple[int, int]]
    switches: Sequence[Switches]

    def starts(self, number: int) -> list[tuple[int, int]]:
        """First cell of each unit's window at an op."""
        (oy, ox), (ry, rx) = self.cone.spans[number].offset, self.cone.spans[number].ratio
        return [(y * ry + oy, x * rx + ox) for y, x in self.cells]

    def lows(self, op: Op, source: int) -> list[tuple[int, int]]:
        """Where each unit's window of an op, walked back, starts in its window of the source."""
        outs, sources = self.starts(op.number), self.starts(source)
        (ry, rx) = op.reaches or (Window(), Window())
        return [
            (ry.back((y, y + 1), 0)[0] - sy, rx.back((x, x + 1), 0)[0] - sx)
            for (y, x), (sy, sx) in zip(outs, sources, strict=True)
        ]

    def mask(self, grad: Tensor, number: int) -> Tensor:
        """Zero, in place, the cells of each window that lie outside the map."""
        height, width = self.cone.limits(number)
        for row, (y, x) in zip(grad, self.starts(number), strict=True):
            if y < 0:
                row[:, :-y] = 0
            if x < 0:
                row[:, :, :-x] = 0
            row[:, max(height - y, 0) :] = 0
            row[:, :, max(width - x, 0) :] = 0
        return grad


def project_cones(
    cone: Cone,
    channels: Sequence[int],
    cells: Sequence[tuple[int, int]],
    values: Tensor,
    switches: Sequence[Switches],
) -> Tensor:
    """Project units of one layer with the deconvnet, from any images.

    Args:
        cone: the layer's plan.
        channels: channel of each unit.
        cells: cell ``(y, x)`` of each unit.
        values: activation of each unit, (b,).
        switches: the switches of each unit's image.

    Returns:
        Projections (b, c, h, w) in the frame (`Field.frame`), zero outside the image.
    """
    batch = _Batch(cone, tuple(cells), switches)
    waiting: dict[int, Tensor] = {}
    _start(batch, waiting, torch.tensor(list(channels), device=values.device), values)
    for number in cone.order:
        if number not in waiting:
            continue
        op, grad = cone.tape.ops[number], waiting.pop(number)
        if not op.is_pointwise:
            batch.mask(grad, number)
        for place, source in enumerate(op.inputs):
            _arrive(batch, waiting, op, source, _adjoint(batch, op, place, grad))
    return batch.mask(waiting[IMAGE], IMAGE)


def _start(batch: _Batch, waiting: dict[int, Tensor], channels: Tensor, values: Tensor) -> None:
    """Carry the seed as one number a unit to its convolution: its filter is then a look-up."""
    tape = batch.cone.tape
    op = tape.ops[batch.cone.number]
    while op.kind in RECTIFIERS | {"batch_norm", "identity", "dropout"} and op.inputs[0] != IMAGE:
        values = values.clamp(min=0) if op.kind in RECTIFIERS else values
        values = values * _scale(op)[channels] if op.kind == "batch_norm" else values
        op = tape.ops[op.inputs[0]]
    plain = op.bound.get("groups", 1) == 1 and pair(op.bound.get("dilation", 1)) == (1, 1)
    if op.kind == "conv" and plain:
        seeded = values[:, None, None, None] * op.bound["weight"].detach()[channels]
        _arrive(batch, waiting, op, op.inputs[0], seeded)
    else:
        grad = values.new_zeros(len(values), op.channels, 1, 1)
        grad[torch.arange(len(values), device=values.device), channels, 0, 0] = values
        waiting[op.number] = grad


def _arrive(batch: _Batch, waiting: dict[int, Tensor], op: Op, source: int, grad: Tensor) -> None:
    """Add what comes back along one branch into the window of its source."""
    size = batch.cone.spans[source].size
    lows = batch.lows(op, source)
    if len(set(lows)) == 1:
        (y, x) = lows[0]
        padding = (x, size[1] - x - grad.shape[3], y, size[0] - y - grad.shape[2])
        grad = F.pad(grad, padding) if any(padding) else grad
    else:
        grad = torch.stack([_placed(row, low, size) for row, low in zip(grad, lows, strict=True)])
    waiting[source] = grad if source not in waiting else waiting[source] + grad


def _placed(row: Tensor, low: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """One unit's window within another; what reaches past it is cut off."""
    (y, x), (height, width) = low, size
    return F.pad(row, (x, width - x - row.shape[2], y, height - y - row.shape[1]))


def _adjoint(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    """What one input of an op receives, from the op's own window."""
    if op.kind in RECTIFIERS:
        return grad.clamp_(min=0)
    return _ADJOINTS.get(op.kind, _passed)(batch, op, place, grad)


def _passed(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    negative = (op.kind == "sub" and place == 1) or (op.kind == "rsub" and place == 0)
    if negative:
        return -grad
    return grad if place == len(op.inputs) - 1 else grad.clone()


def _conv(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    bound = op.bound
    return F.conv_transpose2d(
        grad,
        bound["weight"].detach(),
        stride=bound.get("stride", 1),
        groups=bound.get("groups", 1),
        dilation=bound.get("dilation", 1),
    )


def _scale(op: Op) -> Tensor:
    """The factor of each channel in a batch normalisation in evaluation mode."""
    variance, eps = op.bound["running_var"], op.bound.get("eps", 1e-5)
    scale = (variance + eps).rsqrt()
    weight = op.bound.get("weight")
    scaled: Tensor = scale if weight is None else scale * weight
    return scaled.detach()


def _batch_norm(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    return grad * _scale(op)[:, None, None]


def _times(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    factor = factor_of(op)
    return grad if factor is None else grad * factor


def _channels(tape: Tape, tensor: Any) -> int:
    """Channels of an argument: a tape reference or a constant."""
    if isinstance(tensor, Ref):
        return tape.input_shape[1] if tensor.number == IMAGE else tape.ops[tensor.number].channels
    return int(tensor.shape[1])


def _cat(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    tensors = op.bound["tensors"]
    sizes = [_channels(batch.cone.tape, tensor) for tensor in tensors]
    at = [i for i, tensor in enumerate(tensors) if isinstance(tensor, Ref)][place]
    return grad[:, sum(sizes[:at]) : sum(sizes[: at + 1])]


def _pad(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    before = op.bound["pad"][4] if len(op.bound["pad"]) > 4 else 0
    return grad[:, before : before + _channels(batch.cone.tape, Ref(op.inputs[0]))]


def _getitem(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    """Cells set apart by the slice's steps, channels put back in their places."""
    total = _channels(batch.cone.tape, Ref(op.inputs[0]))
    (sy, sx) = (int(r.ratio) for r in op.reaches or ())
    n, _, h, w = grad.shape
    wide = grad.new_zeros(n, total, (h - 1) * sy + 1, (w - 1) * sx + 1)
    index = op.bound["index"]
    plain = isinstance(index, tuple) and len(index) > 1 and index[0] is not Ellipsis
    wide[:, index[1] if plain else slice(None), ::sy, ::sx] = grad
    return wide


def _split(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    tape = batch.cone.tape
    siblings = [o for o in tape.ops if o.ordinal == op.ordinal and (o.item or 0) < (op.item or 0)]
    before = sum(o.channels for o in siblings)
    after = _channels(tape, Ref(op.inputs[0])) - before - grad.shape[1]
    return F.pad(grad, (0, 0, 0, 0, before, after))


def _avg_pool(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    kernel = pair(op.bound["kernel_size"])
    ones = grad.new_full((grad.shape[1], 1, *kernel), 1 / (kernel[0] * kernel[1]))
    strides = [int(r.ratio) for r in op.reaches or ()]
    return F.conv_transpose2d(grad, ones, stride=strides, groups=grad.shape[1])


def _max_pool(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    """Unpool: each value goes to the tap its switch names; overlapping windows add."""
    kernel, dilation = pair(op.bound["kernel_size"]), pair(op.bound.get("dilation", 1))
    strides = [int(r.ratio) for r in op.reaches or ()]
    height, width = (
        (cells - 1) * stride + gap * (taps - 1) + 1
        for cells, stride, gap, taps in zip(grad.shape[2:], strides, dilation, kernel, strict=True)
    )
    taps = torch.arange(kernel[0] * kernel[1], device=grad.device)
    offsets = (taps // kernel[1]) * dilation[0] * width + (taps % kernel[1]) * dilation[1]
    rows = torch.arange(grad.shape[2], device=grad.device)[:, None] * strides[0] * width
    corners = rows + torch.arange(grad.shape[3], device=grad.device) * strides[1]
    flat = offsets[_windows(batch, op, grad.shape[2:]).int()] + corners
    out = grad.new_empty(*grad.shape[:2], height, width)
    unpool = torch.ops.aten.max_pool2d_with_indices_backward
    unpooled: Tensor = unpool(
        grad.contiguous(), out, list(kernel), strides, [0, 0], list(dilation), False, flat
    )
    return unpooled


def _windows(batch: _Batch, op: Op, size: Sequence[int]) -> Tensor:
    """Each unit's window of the switches (b, c, h, w); outside the map it holds tap 0."""
    height, width = batch.cone.limits(op.number)
    first = batch.switches[0][op.number]
    taps = first.new_zeros(len(batch.cells), op.channels, *size)
    for row, (y, x), switches in zip(taps, batch.starts(op.number), batch.switches, strict=True):
        y0, y1, x0, x1 = max(y, 0), min(y + size[0], height), max(x, 0), min(x + size[1], width)
        if y0 < y1 and x0 < x1:
            row[:, y0 - y : y1 - y, x0 - x : x1 - x] = switches[op.number][:, y0:y1, x0:x1]
    return taps


_ADJOINTS: dict[str, Callable[[_Batch, Op, int, Tensor], Tensor]] = {
    "conv": _conv,
    "batch_norm": _batch_norm,
    "mul": _times,
    "div": _times,
    "cat": _cat,
    "pad": _pad,
    "getitem": _getitem,
    "split": _split,
    "chunk": _split,
    "avg_pool": _avg_pool,
    "max_pool": _max_pool,
}
