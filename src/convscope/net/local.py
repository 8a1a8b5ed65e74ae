"""The closed table of local ops: what each reads in space, and where its axes go.

An op that is not in the table has no `Reach`, and everything after it is GLOBAL. The table errs
on that side: an op is local only where cutting the image at a phase the whole cone shares leaves
every remaining cell's arithmetic untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from convscope.geometry.window import Enlarge, Mirror, Reach, Spread, Window
from convscope.net.kinds import ACTIVATIONS

Axes = str
"""One letter a dimension: n, c, h, w, and ? where we lost track."""
Reaches = tuple[Reach, Reach]
"""How an op reads its inputs along y and along x."""

HERE: Reaches = (Window(), Window())


@dataclass(frozen=True)
class Call:
    """One call of a torch function, as the table needs to see it."""

    kind: str
    func: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    bound: Mapping[str, Any]
    inputs: Sequence[tuple[Axes, tuple[int, ...]]]
    """Axes and shape of each image-dependent input."""
    constants: Sequence[Tensor]
    """Tensors it reads that do not come from the image."""
    output: tuple[int, ...]

    @property
    def axes(self) -> Axes:
        """Axes of the first input."""
        return self.inputs[0][0]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the first input."""
        return self.inputs[0][1]

    def length(self, axis: str) -> int:
        """Cells of the first input along an axis."""
        return self.shape[self.axes.index(axis)]


Described = tuple[Axes, Reaches | None]


def describe(call: Call) -> Described:
    """Axes of the result, and how it reads its inputs in space (``None``: not locally)."""
    entry = _TABLE.get(call.kind)
    known = entry is not None and _reads_one_image(call) and _has_planes(call)
    axes, reaches = entry(call) if entry and known else (_guess(call), None)
    return (axes if len(axes) == len(call.output) else _guess(call, strict=True)), reaches


_JOINS = frozenset("add sub rsub mul div cat".split())
_PLANES = frozenset("max_pool avg_pool batch_norm lrn prelu pixel_shuffle".split())


def _reads_one_image(call: Call) -> bool:
    """Whether only its input comes from the image: no filters, shifts or sizes made from it."""
    if call.kind in _JOINS:
        return True
    given = call.bound.get("input")
    return len(call.inputs) == 1 and not any(given is constant for constant in call.constants)


def _has_planes(call: Call) -> bool:
    """Whether dimension 1 is the channels and the rest space, where the op takes that for granted.

    ``x.relu()`` does not care; ``batch_norm`` of a channels-last tensor scales rows.
    """
    return call.kind not in _PLANES or call.axes in ("nchw", "nc")


def _guess(call: Call, *, strict: bool = False) -> Axes:
    if call.output == call.shape and not strict:
        return call.axes
    if not call.output:
        return ""
    return {2: "nc", 4: "nchw"}.get(len(call.output), "n" + "?" * (len(call.output) - 1))


def pair(value: Any) -> tuple[int, int]:
    """One number for both axes, or one for each."""
    if isinstance(value, int):
        return value, value
    values = tuple(int(v) for v in value)
    return (values[0], values[0]) if len(values) == 1 else (values[0], values[1])


def _here(call: Call) -> Described:
    return call.axes, HERE


def _conv(call: Call) -> Described:
    if call.axes != "nchw":
        return _guess(call), None
    kernel = call.bound["weight"].shape[2:]
    stride, dilation = pair(call.bound.get("stride", 1)), pair(call.bound.get("dilation", 1))
    size = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    given = call.bound.get("padding", 0)
    if isinstance(given, str):  # torch puts the odd cell of "same" after the map
        padding = tuple((s - 1) // 2 if given == "same" else 0 for s in size)
    else:
        padding = pair(given)
    return "nchw", (
        Window(size[0], stride[0], padding[0], dilation[0]),
        Window(size[1], stride[1], padding[1], dilation[1]),
    )


def _conv_transpose(call: Call) -> Described:
    if call.axes != "nchw":
        return _guess(call), None
    kernel = call.bound["weight"].shape[2:]
    stride, dilation = pair(call.bound.get("stride", 1)), pair(call.bound.get("dilation", 1))
    padding = pair(call.bound.get("padding", 0))
    size = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    return "nchw", (
        Spread(size[0], stride[0], padding[0], dilation[0]),
        Spread(size[1], stride[1], padding[1], dilation[1]),
    )


def _linear(call: Call) -> Described:
    return call.axes, HERE if call.axes.endswith("c") else None


def _pool(call: Call) -> Described:
    kernel = pair(call.bound["kernel_size"])
    stride = pair(call.bound.get("stride") or kernel)
    padding, dilation = pair(call.bound.get("padding", 0)), pair(call.bound.get("dilation", 1))
    size = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    return call.axes, (
        Window(size[0], stride[0], padding[0], dilation[0]),
        Window(size[1], stride[1], padding[1], dilation[1]),
    )


def _batch_norm(call: Call) -> Described:
    return call.axes, None if call.bound.get("training") else HERE


def _layer_norm(call: Call) -> Described:
    per_cell = len(call.bound["normalized_shape"]) == 1 and call.axes.endswith("c")
    return call.axes, HERE if per_cell else None


def _dropout(call: Call) -> Described:
    return call.axes, None if draws(call.kind, call.bound) else HERE


def draws(kind: str, bound: Mapping[str, Any]) -> bool:
    """Whether a dropout or random rectifier draws numbers, although the network is evaluated."""
    random = kind in ("dropout", "leaky_relu") and bool(bound.get("training", bound.get("train")))
    return random and (kind != "dropout" or float(bound.get("p", 0.5)) > 0)


def _elementwise(call: Call) -> Described:
    shapes = [shape for _, shape in call.inputs]
    widest = max(range(len(shapes)), key=lambda i: (len(shapes[i]), shapes[i]))
    axes = call.inputs[widest][0]
    alike = all(a == axes and _same_space(axes, s, shapes[widest]) for a, s in call.inputs)
    flat = not any(_varies_in_space(axes, constant) for constant in call.constants)
    return axes, HERE if alike and flat else None


def _same_space(axes: Axes, one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(a == b for axis, a, b in zip(axes, one, other, strict=False) if axis in "hw")


def _varies_in_space(axes: Axes, constant: Tensor) -> bool:
    tail = axes[len(axes) - constant.ndim :] if constant.ndim else ""
    if len(tail) != constant.ndim:
        return True
    wide = [d for d, a in enumerate(tail) if a in "hw" and constant.shape[d] > 1]
    first = constant
    for dim in wide:
        first = first.narrow(dim, 0, 1)
    return bool(wide) and not torch.equal(constant, first.expand_as(constant))


def _cat(call: Call) -> Described:
    axes, _shape = call.inputs[0]
    dim = int(call.bound.get("dim", 0))
    along_channels = axes[dim] == "c" and all(a == axes for a, _ in call.inputs)
    flat = not any(_varies_in_space(axes, constant) for constant in call.constants)
    return axes, HERE if along_channels and flat else None


def _pad(call: Call) -> Described:
    widths = [int(p) for p in call.bound["pad"]]
    mode = call.bound.get("mode", "constant")
    before = {len(call.axes) - 1 - i: widths[2 * i] for i in range(len(widths) // 2)}
    after = {len(call.axes) - 1 - i: widths[2 * i + 1] for i in range(len(widths) // 2)}
    if mode not in ("constant", "reflect", "replicate") or any(
        call.axes[dim] == "n" and (before[dim] or after[dim]) for dim in before
    ):
        return call.axes, None

    def reach(axis: str) -> Reach:
        dim = call.axes.index(axis)
        if mode == "constant" or dim not in before:
            return Window(padding=before.get(dim, 0))
        return Mirror(before[dim], after[dim], reflect=mode == "reflect")

    return call.axes, (reach("h"), reach("w")) if "h" in call.axes and "w" in call.axes else HERE


def _getitem(call: Call) -> Described:
    index = call.bound["index"]
    index = index if isinstance(index, tuple) else (index,)
    if any(not (isinstance(i, slice) or i is Ellipsis) for i in index):
        return _guess(call), None
    gap = len(call.axes) - sum(i is not Ellipsis for i in index)
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    full = (*index[:at], *[slice(None)] * gap, *(i for i in index[at:] if i is not Ellipsis))
    reaches = {"h": Window(), "w": Window()}
    for axis, part, length in zip(call.axes, full, call.shape, strict=True):
        if axis == "c" or part == slice(None):
            continue
        if axis not in reaches or not _is_open(part, length):
            return call.axes, None
        reaches[axis] = Window(1, int(part.step or 1), -int(part.start or 0))
    return call.axes, (reaches["h"], reaches["w"])


def _is_open(part: slice, length: int) -> bool:
    # Counted from the start at its start and from the end at its end, so that a crop agrees.
    start = 0 if part.start is None else int(part.start)
    stop = length if part.stop is None else int(part.stop)
    return start >= 0 and int(part.step or 1) > 0 and (stop < 0 or stop >= length)


def _split(call: Call) -> Described:
    given = call.kwargs.get("dim", call.args[2] if len(call.args) > 2 else 0)
    return call.axes, HERE if call.axes[int(given)] == "c" else None


def _permute(call: Call) -> Described:
    # The same call on a tensor without data whose sizes are all different shows the new order.
    probe = torch.empty(tuple(range(2, 2 + len(call.axes))), device="meta")
    named = {key: value for key, value in call.kwargs.items() if key != "input"}
    moved = call.func(probe, *call.args[1:], **named)
    return "".join(call.axes[size - 2] for size in moved.shape), HERE


def _reshape(call: Call) -> Described:
    if call.output == call.shape:
        return call.axes, HERE
    keeps_space = call.axes.endswith("hw") and call.output[-2:] == call.shape[-2:]
    if keeps_space and call.output[:1] == call.shape[:1]:
        return "n" + "c" * (len(call.output) - 3) + "hw", HERE
    has_space = any(s > 1 for a, s in zip(call.axes, call.shape, strict=True) if a in "hw")
    return _guess(call), None if has_space or "?" in call.axes else HERE


def _interpolate(call: Call) -> Described:
    mode = call.bound.get("mode", "nearest")
    if (
        mode not in ("nearest", "bilinear")
        or call.bound.get("align_corners")
        or call.axes != "nchw"
        or call.bound.get("antialias")
        or not _scales_exactly(call)
    ):
        return call.axes, None
    y = _resized(call.shape[2], call.output[2], linear=mode == "bilinear")
    x = _resized(call.shape[3], call.output[3], linear=mode == "bilinear")
    return call.axes, None if y is None or x is None else (y, x)


def _scales_exactly(call: Call) -> bool:
    # Given as a factor, torch computes with the factor itself: 2.01 doubles 16 cells, not quite.
    given = call.bound.get("scale_factor")
    if given is None or call.bound.get("recompute_scale_factor"):
        return True
    factors = given if isinstance(given, tuple | list) else (given, given)
    sizes = zip(factors, call.shape[2:], call.output[2:], strict=True)
    return all(factor * before == after for factor, before, after in sizes)


def _resized(before: int, after: int, *, linear: bool) -> Reach | None:
    if after % before == 0:
        return Enlarge(after // before, linear and after != before)
    if before % after:
        return None
    factor = before // after
    return Window(2, factor, -((factor - 1) // 2)) if linear else Window(1, factor, 0)


def _pixel_shuffle(call: Call) -> Described:
    factor = int(call.bound["upscale_factor"])
    return call.axes, (Enlarge(factor), Enlarge(factor))


def _reduce(call: Call) -> Described:
    dims = call.kwargs.get("dim", call.args[1] if len(call.args) > 1 else None)
    if dims is None or isinstance(dims, Tensor):
        return _guess(call, strict=True), None
    gone = {int(d) % len(call.axes) for d in (dims if isinstance(dims, tuple | list) else (dims,))}
    if len(call.output) == len(call.axes):
        over_channels = all(call.axes[d] == "c" for d in gone)
        return call.axes, HERE if over_channels else None
    return "".join(a for d, a in enumerate(call.axes) if d not in gone), None


def _lost(call: Call) -> Described:
    return call.axes, None


_TABLE: dict[str, Callable[[Call], Described]] = {
    **dict.fromkeys(ACTIVATIONS | {"clamp", "lrn", "identity", "detach", "abs", "neg"}, _here),
    **dict.fromkeys(("add", "sub", "rsub", "mul", "div", "square", "pow", "sqrt"), _elementwise),
    **dict.fromkeys(("max_pool", "avg_pool"), _pool),
    **dict.fromkeys(("split", "chunk", "tensor_split"), _split),
    **dict.fromkeys(("reshape", "flatten"), _reshape),
    **dict.fromkeys(("mean", "sum", "amax"), _reduce),
    **dict.fromkeys(("adaptive_avg_pool", "adaptive_max_pool", "softmax", "log_softmax"), _lost),
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "linear": _linear,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _layer_norm,
    "dropout": _dropout,
    "cat": _cat,
    "pad": _pad,
    "getitem": _getitem,
    "permute": _permute,
    "interpolate": _interpolate,
    "pixel_shuffle": _pixel_shuffle,
}
