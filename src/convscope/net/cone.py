"""Cones: how to walk back from a unit through windows as small as what it depends on.

The deconvnet's rectifier needs no forward activations, only the pooling switches. So one forward
per image keeps the switches (`convscope.net.switches`), and the projection of a unit walks back
through its cone alone (`convscope.net.walkback`): for a unit of a late layer a handful of cells
for most of the way. Units of one layer have windows of one size wherever they lie, so they go in
one batch, from different images too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from convscope.geometry.walk import IMAGE
from convscope.geometry.window import Window
from convscope.net.kinds import RECTIFIERS
from convscope.net.local import pair
from convscope.net.tape import Op, Ref, Tape

_PASSED = frozenset("identity dropout lrn add rsub sub pad".split())
_KINDS = (
    _PASSED
    | RECTIFIERS
    | frozenset("conv batch_norm max_pool avg_pool cat mul div getitem split chunk".split())
)


@dataclass(frozen=True)
class Span:
    """The window of one op in a cone: cell ``i`` of the unit has it at ``offset + ratio * i``.

    Along an axis where the cone is as long as the map, the window is the map itself (ratio 0).
    """

    offset: tuple[int, int]
    ratio: tuple[int, int]
    size: tuple[int, int]


@dataclass(frozen=True)
class Cone:
    """How to walk back from any cell of one layer."""

    tape: Tape
    number: int
    spans: Mapping[int, Span]

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The ops to walk back through, latest first."""
        return tuple(n for n in self.tape.graph(0).cone(self.number) if n != IMAGE)

    def limits(self, number: int) -> tuple[int, int]:
        """Height and width of an op's map, or of the image."""
        shape = self.tape.input_shape if number == IMAGE else self.tape.ops[number].shape
        return shape[2], shape[3]

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
        length = graph.lengths[node]
        whole = high - low >= length and node != number
        spans[node] = (0, 0, length) if whole else (low, int(ratio), high - low)
    return spans


def _walkable(tape: Tape, op: Op) -> bool:
    if op.axes != "nchw" or op.kind not in _KINDS or op.reaches is None:
        return False
    if not all(isinstance(reach, Window) for reach in op.reaches):
        return False
    if op.kwargs.get("alpha", 1) != 1:  # x + alpha * y
        return False
    if op.kind == "pad" and any(width < 0 for width in op.bound["pad"][4:]):
        return False
    products = op.kind in ("mul", "div") and (len(op.inputs) > 1 or factor_of(op) is None)
    return not (products or (op.kind == "avg_pool" and not is_even(tape, op)))


def is_even(tape: Tape, op: Op) -> bool:
    """Whether every window of an average pool divides by the same number."""
    padded = any(pair(op.bound.get("padding", 0)))
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


def factor_of(op: Op) -> Tensor | float | None:
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
