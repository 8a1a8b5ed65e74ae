"""Projections from cones: the deconvnet's backward, through a unit's cone alone.

The deconvnet's rectifier needs no forward activations, only the pooling switches. So one forward
per image keeps the switches, and the projection of a unit walks back through windows that are as
small as its cone: for a unit of a late layer a handful of cells for most of the way. Units of one
layer have windows of one size wherever they lie, so they go in one batch, from different images
too; cells that a window holds outside its map are zeroed, as the padding they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from convscope.geometry.walk import IMAGE
from convscope.geometry.window import Window
from convscope.net.kinds import RECTIFIERS, spelling
from convscope.net.local import _pair
from convscope.net.tape import Op, Ref, Tape
from convscope.net.watch import Follow, tensors_of

Switches = Mapping[int, Tensor]
"""For each max-pooling op, which tap of each window was largest: (c, h, w), uint8."""

_PASSED = frozenset("identity dropout lrn add rsub sub pad".split())
_KINDS = (
    _PASSED
    | RECTIFIERS
    | frozenset("conv batch_norm max_pool avg_pool cat mul div getitem split chunk".split())
)


@dataclass(frozen=True)
class Span:
    """The window of one op in a cone: cell ``i`` of the unit has it at ``offset + ratio * i``."""

    offset: tuple[int, int]
    ratio: tuple[int, int]
    size: tuple[int, int]


@dataclass(frozen=True)
class Cone:
    """How to walk back from any cell of one layer."""

    tape: Tape
    number: int
    spans: Mapping[int, Span]

    @property
    def pools(self) -> tuple[int, ...]:
        """The max-pooling ops whose switches it needs."""
        return tuple(n for n in self.spans if n != IMAGE and self.tape.ops[n].kind == "max_pool")


def plan(tape: Tape, number: int) -> Cone | None:
    """The cone of a layer, or ``None`` where an op has no windowed backward."""
    ops = [tape.ops[n] for n in tape.graph(0).cone(number) if n != IMAGE]
    if not all(_walkable(tape, op) for op in ops) or tape.ops[number].axes != "nchw":
        return None
    spans = [_spans(tape, number, axis) for axis in (0, 1)]
    if any(span is None for span in spans):
        return None
    ys, xs = (span or {} for span in spans)
    merged = {n: Span(*zip(ys[n], xs[n], strict=True)) for n in ys}
    return Cone(tape, number, merged)


def _spans(tape: Tape, number: int, axis: int) -> dict[int, tuple[int, int, int]] | None:
    graph = tape.graph(axis)
    strides = graph.strides(number)
    spans = {}
    for node, (low, high) in graph.walk(number, (0, 1), clip=False).items():
        ratio = strides[number] / strides[node]
        if ratio.denominator != 1:
            return None
        spans[node] = (low, int(ratio), high - low)
    return spans


def _walkable(tape: Tape, op: Op) -> bool:
    if op.axes != "nchw" or op.kind not in _KINDS or op.reaches is None:
        return False
    if not all(isinstance(reach, Window) for reach in op.reaches):
        return False
    products = op.kind in ("mul", "div") and (len(op.inputs) > 1 or _factor(op) is None)
    return not (products or (op.kind == "avg_pool" and not _is_even(tape, op)))


def _is_even(tape: Tape, op: Op) -> bool:
    """Whether every window of an average pool divides by the same number."""
    padded = any(_pair(op.bound.get("padding", 0)))
    if op.bound.get("divisor_override") or (padded and not op.bound.get("count_include_pad", True)):
        return False
    if not op.bound.get("ceil_mode"):
        return True
    source = tape.ops[op.inputs[0]].shape if op.inputs[0] != IMAGE else tape.input_shape
    reaches = op.reaches or ()
    return all(
        isinstance(r, Window) and (source[2 + i] + 2 * r.padding - r.size) % r.stride == 0
        for i, r in enumerate(reaches)
    )


def _factor(op: Op) -> Tensor | float | None:
    """The constant of a product or quotient, if it is the same all over a map."""
    other = [a for a in op.args if not isinstance(a, Ref)]
    if len(other) != 1 or (op.kind == "div" and not isinstance(op.args[0], Ref)):
        return None
    value = other[0]
    if isinstance(value, Tensor):
        value = value.detach()
        per_channel = value.dim() == 0 or value.shape[-2:] == (1, 1)
        return None if not per_channel else 1 / value if op.kind == "div" else value
    return 1 / float(value) if op.kind == "div" else float(value)


# -- switches -----------------------------------------------------------------------------------
class SwitchWatch(Follow):
    """A bare forward that keeps pooling switches, and the values of some cells on the way."""

    def __init__(self, tape: Tape, pools: Sequence[int], cells: Sequence[tuple[int, Any]] = ()):
        super().__init__(tape)
        self._pools = {tape.ops[n].ordinal: tape.ops[n] for n in pools}
        self._cells: dict[int, list[tuple[int, int, Any]]] = {}
        for place, (number, index) in enumerate(cells):
            op = tape.ops[number]
            self._cells.setdefault(op.ordinal, []).append((place, op.item or 0, index))
        self.values: dict[int, Tensor] = {}
        self.switches: dict[int, Tensor] = {}

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> Any:
        """Pool with indices where switches are wanted; the values are the same."""
        op = self._pools.get(self.ordinal)
        if op is None or spelling(func) != self.tape.calls[self.ordinal]:
            return func(*args, **kwargs)
        image = args[0] if args else kwargs["input"]
        keys = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
        window = {key: op.bound[key] for key in keys if op.bound.get(key) is not None}
        out, flat = F.max_pool2d(image, **window, return_indices=True)
        self.switches[op.number] = _taps(op, flat, image.shape[3])
        return (out, flat) if op.item is not None else out

    def seen(self, ordinal: int, func: Callable[..., Any], result: Any) -> None:
        """Read the wanted cells before a later op overwrites them."""
        super().seen(ordinal, func, result)
        for place, item, index in self._cells.get(ordinal, ()):
            self.values[place] = tensors_of(result)[item][index].detach().clone()


def _taps(op: Op, flat: Tensor, width: int) -> Tensor:
    """Flat argmax positions as taps within their window, ``ky * kernel_width + kx``."""
    kernel = _pair(op.bound["kernel_size"])
    dilation = _pair(op.bound.get("dilation", 1))
    reaches = op.reaches or ()
    wheres = (torch.div(flat, width, rounding_mode="floor"), flat % width)
    taps = []
    for axis, (where, reach) in enumerate(zip(wheres, reaches, strict=True)):
        starts = torch.arange(flat.shape[2 + axis], device=flat.device)
        starts = starts * int(reach.ratio) - getattr(reach, "padding", 0)
        taps.append((where - starts.view((-1, 1) if axis == 0 else (1, -1))) // dilation[axis])
    return (taps[0] * kernel[1] + taps[1]).to(torch.uint8)


# -- walking back -------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Batch:
    """Units of one layer: their cells (b, 2) and the switches of the image each comes from."""

    cone: Cone
    cells: Tensor
    switches: Sequence[Switches]

    def starts(self, number: int) -> Tensor:
        """First cell of each unit's window at an op, (b, 2)."""
        span = self.cone.spans[number]
        return self.cells * torch.tensor(span.ratio) + torch.tensor(span.offset)

    def masked(self, grad: Tensor, number: int) -> Tensor:
        """The window with cells outside the map set to zero."""
        tape, (height, width) = self.cone.tape, grad.shape[2:]
        limits = tape.input_shape[2:] if number == IMAGE else tape.ops[number].shape[2:]
        starts = self.starts(number)
        ends = starts + torch.tensor([height, width])
        if bool((starts >= 0).all()) and bool((ends <= torch.tensor(limits)).all()):
            return grad
        for axis, (size, limit) in enumerate(zip((height, width), limits, strict=True)):
            where = starts[:, axis, None] + torch.arange(size)
            inside = ((where >= 0) & (where < limit)).to(grad)
            grad = grad * (inside[:, None, :, None] if axis == 0 else inside[:, None, None, :])
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
        Projections (b, c, h, w) in the frame: the unclipped receptive field, zero outside the
        image.
    """
    batch = _Batch(cone, torch.tensor(list(cells)), switches)
    waiting: dict[int, Tensor] = {}
    number, grad = _first(batch, torch.tensor(list(channels), device=values.device), values)
    waiting[number] = grad
    for current in cone.tape.graph(0).cone(cone.number):
        if current == IMAGE or current not in waiting:
            continue
        grad = batch.masked(waiting.pop(current), current)
        op = cone.tape.ops[current]
        for place, source in enumerate(op.inputs):
            _arrive(cone, waiting, op, source, _adjoint(batch, op, place, grad))
    return batch.masked(waiting[IMAGE], IMAGE)


def _first(batch: _Batch, channels: Tensor, values: Tensor) -> tuple[int, Tensor]:
    """The seed, carried as one number a unit to its convolution, whose filter is then a look-up."""
    tape, number = batch.cone.tape, batch.cone.number
    op = tape.ops[number]
    while op.kind in RECTIFIERS | {"batch_norm", "identity", "dropout"} and op.inputs[0] != IMAGE:
        values = values.clamp(min=0) if op.kind in RECTIFIERS else values
        values = values * _scale(op)[channels] if op.kind == "batch_norm" else values
        op = tape.ops[op.inputs[0]]
    if op.kind == "conv" and op.bound.get("groups", 1) == 1:
        filters = op.bound["weight"].detach()
        if _pair(op.bound.get("dilation", 1)) == (1, 1):
            seeded = values[:, None, None, None] * filters[channels]
            waiting: dict[int, Tensor] = {}
            _arrive(batch.cone, waiting, op, op.inputs[0], seeded)
            return op.inputs[0], waiting[op.inputs[0]]
    grad = values.new_zeros(len(values), op.channels, 1, 1)
    grad[torch.arange(len(values)), channels, 0, 0] = values
    return op.number, grad


def _arrive(cone: Cone, waiting: dict[int, Tensor], op: Op, source: int, grad: Tensor) -> None:
    """Add what comes back along one branch into the window of its source."""
    span, out = cone.spans[source], cone.spans[op.number]
    reaches = op.reaches or ()
    lows = [
        r.back((o, o + 1), 0)[0] - s
        for r, o, s in zip(reaches, out.offset, span.offset, strict=True)
    ]
    extra = [span.size[axis] - lows[axis] - grad.shape[2 + axis] for axis in (0, 1)]
    if any(lows) or any(extra):
        grad = F.pad(grad, (lows[1], extra[1], lows[0], extra[0]))
    waiting[source] = grad if source not in waiting else waiting[source] + grad


def _adjoint(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    """What one input of an op receives, from the op's own window."""
    if op.kind in RECTIFIERS:
        return grad.clamp(min=0)
    return _ADJOINTS.get(op.kind, _passed)(batch, op, place, grad)


def _passed(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    negative = (op.kind == "sub" and place == 1) or (op.kind == "rsub" and place == 0)
    return -grad if negative else grad


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
    factor = _factor(op)
    return grad if factor is None else grad * factor


def _channels_before(batch: _Batch, tensors: Sequence[Any]) -> list[int]:
    tape = batch.cone.tape
    return [t.shape[1] if isinstance(t, Tensor) else _channels(tape, t.number) for t in tensors]


def _channels(tape: Tape, number: int) -> int:
    return tape.input_shape[1] if number == IMAGE else tape.ops[number].channels


def _cat(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    tensors = op.bound["tensors"]
    sizes = _channels_before(batch, tensors)
    at = [i for i, t in enumerate(tensors) if isinstance(t, Ref)][place]
    return grad[:, sum(sizes[:at]) : sum(sizes[: at + 1])]


def _pad(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    before = op.bound["pad"][4] if len(op.bound["pad"]) > 4 else 0
    return grad[:, before : before + _channels(batch.cone.tape, op.inputs[0])]


def _spread(batch: _Batch, op: Op, grad: Tensor) -> Tensor:
    """Cells set apart by the op's stride, with zeros between."""
    (sy, sx) = (int(r.ratio) for r in op.reaches or ())
    if (sy, sx) == (1, 1):
        return grad
    n, c, h, w = grad.shape
    wide = grad.new_zeros(n, c, (h - 1) * sy + 1, (w - 1) * sx + 1)
    wide[:, :, ::sy, ::sx] = grad
    return wide


def _getitem(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    index = op.bound["index"]
    index = index if isinstance(index, tuple) else (index,)
    wide = _spread(batch, op, grad)
    channels = index[1] if len(index) > 1 and index[0] is not Ellipsis else slice(None)
    total = _channels(batch.cone.tape, op.inputs[0])
    if wide.shape[1] == total:
        return wide
    full = wide.new_zeros(wide.shape[0], total, *wide.shape[2:])
    full[:, channels] = wide
    return full


def _split(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    tape = batch.cone.tape
    siblings = [o for o in tape.ops if o.ordinal == op.ordinal and (o.item or 0) < (op.item or 0)]
    before = sum(o.channels for o in siblings)
    after = _channels(tape, op.inputs[0]) - before - grad.shape[1]
    return F.pad(grad, (0, 0, 0, 0, before, after))


def _avg_pool(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    kernel = _pair(op.bound["kernel_size"])
    ones = grad.new_full((grad.shape[1], 1, *kernel), 1 / (kernel[0] * kernel[1]))
    strides = [int(r.ratio) for r in op.reaches or ()]
    return F.conv_transpose2d(grad, ones, stride=strides, groups=grad.shape[1])


def _max_pool(batch: _Batch, op: Op, place: int, grad: Tensor) -> Tensor:
    """Unpool: each value goes to the tap its switch names; overlapping windows add."""
    taps = _windows(batch, op, grad.shape[2:])
    kernel, dilation = _pair(op.bound["kernel_size"]), _pair(op.bound.get("dilation", 1))
    (sy, sx) = (int(r.ratio) for r in op.reaches or ())
    n, c, h, w = grad.shape
    height = (h - 1) * sy + dilation[0] * (kernel[0] - 1) + 1
    width = (w - 1) * sx + dilation[1] * (kernel[1] - 1) + 1
    out = grad.new_zeros(n, c, height, width)
    for tap in range(kernel[0] * kernel[1]):
        y, x = (tap // kernel[1]) * dilation[0], (tap % kernel[1]) * dilation[1]
        target = out[:, :, y : y + (h - 1) * sy + 1 : sy, x : x + (w - 1) * sx + 1 : sx]
        target += grad * (taps == tap)
    return out


def _windows(batch: _Batch, op: Op, size: Sequence[int]) -> Tensor:
    """Each unit's window of the switches; cells outside the map hold any tap, as they are zero."""
    starts = batch.starts(op.number).tolist()
    limits = op.shape[2:]
    rows = []
    for (y, x), switches in zip(starts, batch.switches, strict=True):
        ys = torch.arange(y, y + size[0]).clamp(0, limits[0] - 1)
        xs = torch.arange(x, x + size[1]).clamp(0, limits[1] - 1)
        rows.append(switches[op.number][:, ys[:, None], xs])
    return torch.stack(rows)


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
