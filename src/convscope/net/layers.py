"""Layers from a tape: receptive fields, signs, and which ones to look at by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import floor
from typing import Literal

from convscope.geometry.field import AxisField, Field
from convscope.geometry.walk import IMAGE
from convscope.geometry.window import Enlarge, Interval, Mirror, Reach, Window
from convscope.net.gates import gate_ops
from convscope.net.kinds import ACTIVATIONS, ARITHMETIC, BOUNDED, LAYOUT, NORMS
from convscope.net.tape import Op, Ref, Tape
from convscope.results.layer import Layer

_RISING = frozenset("relu relu6 sigmoid hardsigmoid softmax".split())
_KEEPING = frozenset("max_pool avg_pool cat add mean adaptive_avg_pool adaptive_max_pool".split())


def with_layers(tape: Tape) -> Tape:
    """The tape with a layer for every op whose result has channels."""
    causes, positive = _global_causes(tape), _positive(tape)
    defaults = default_numbers(tape)
    layers = tuple(
        Layer(
            number=op.number,
            name=op.name,
            op=op.kind,
            channels=op.channels,
            height=op.length("h"),
            width=op.length("w"),
            field=_field(tape, op, causes[op.number]),
            signed=not positive[op.number],
            default=op.number in defaults,
            aliases=op.aliases,
        )
        for op in tape.ops
        if op.axes in ("nchw", "nc", "nhwc")
    )
    return replace(tape, layers=layers)


def _global_causes(tape: Tape) -> Mapping[int, str]:
    """For each op, the first op on its way that made it GLOBAL; empty where local."""
    causes = {IMAGE: ""}
    for op in tape.ops:
        inherited = next((causes[s] for s in op.inputs if causes[s]), "")
        own = "" if op.reaches is not None else f"{op.name} ({op.kind})"
        causes[op.number] = inherited or own or _misfit(tape, op)
    if tape.escape:
        causes |= {number: causes[number] or tape.escape for number in causes if number != IMAGE}
    return causes


def _misfit(tape: Tape, op: Op) -> str:
    """The op's name, if its branches arrive with different strides."""
    if len(op.inputs) < 2:
        return ""
    try:
        for axis in (0, 1):
            tape.graph(axis).strides(op.number)
    except ValueError:
        return f"{op.name} ({op.kind}: branches of different strides)"
    return ""


def _positive(tape: Tape) -> Mapping[int, bool]:
    found = {IMAGE: False}
    for op in tape.ops:
        inherits = op.kind in _KEEPING | LAYOUT or op.kind in ("getitem", "split", "chunk")
        found[op.number] = op.kind in _RISING or (
            inherits and _adds_nothing(op) and all(found[source] for source in op.inputs)
        )
    return found


def _adds_nothing(op: Op) -> bool:
    """Whether sums and joins hold nothing but what they were given, with its own sign."""
    joined = op.bound["tensors"] if op.kind == "cat" else op.args if op.kind == "add" else ()
    return all(isinstance(part, Ref) for part in joined) and not op.kwargs.get("alpha")


def _field(tape: Tape, op: Op, cause: str) -> Field:
    height, width = tape.input_shape[2:]
    if cause:
        y, x = (AxisField(size, Fraction(0), Fraction(0)) for size in (height, width))
        return Field(y, x, "GLOBAL", cause)
    y, x = (_axis_field(tape, op, axis) for axis in (0, 1))
    return Field(y, x, _status(tape, op))


def _status(tape: Tape, op: Op) -> Literal["EXACT", "BOUND"]:
    """Whether intervals tell the whole truth, or may hold cells that no tap reads.

    They may where something leaves gaps between the cells it reads and something else lets whole
    windows fall outside the map, or where channels are picked from branches of different fields.
    """
    cone = [tape.ops[n] for n in tape.graph(0).cone(op.number) if n != IMAGE]
    reaches = [reach for o in cone for reach in o.reaches or ()]
    gaps = any(not reach.is_solid for reach in reaches)
    picks = any(o.kind in ("getitem", "split", "chunk", "tensor_split") for o in cone)
    joins = any(o.kind == "cat" for o in cone)
    loose = (gaps and any(_can_miss(r) for r in reaches)) or (picks and joins)
    return "BOUND" if loose else "EXACT"


def _can_miss(reach: Reach) -> bool:
    """Whether taps can fall outside the map and leave a window without its first or last cell."""
    if isinstance(reach, Window):
        return reach.padding > 0 and (reach.step > 1 or reach.size <= reach.padding)
    return not isinstance(reach, Enlarge)


def _axis_field(tape: Tape, op: Op, axis: int) -> AxisField:
    """The affine map from cells to pixels, wide enough for every phase and for mirrored borders."""
    graph = tape.graph(axis)
    stride = graph.strides(op.number)[op.number]
    phases = range(int(graph.period(op.number) / stride))
    walks = [graph.walk(op.number, (i, i + 1), clip=False).get(IMAGE) for i in phases]
    field = _around(stride, dict(enumerate(walks)))
    cone = (tape.ops[n] for n in graph.cone(op.number) if n != IMAGE)
    if not any(isinstance(o.reaches and o.reaches[axis], Mirror | Enlarge) for o in cone):
        return field  # only these read other cells at a border than they would inside
    length = graph.lengths[IMAGE]
    cells = [i for i in range(op.length("hw"[axis])) if _overhangs(field.interval(i), length)]
    folded = {i: graph.walk(op.number, (i, i + 1)).get(IMAGE) for i in cells}
    return _around(stride, folded | {-1 - i: field.interval(-1 - i) for i in phases})


def _overhangs(interval: Interval, length: int) -> bool:
    return interval[0] < 0 or interval[1] > length


def _around(stride: Fraction, intervals: Mapping[int, Interval | None]) -> AxisField:
    """The smallest affine map that holds the interval of every cell; ``None`` sees nothing."""
    known = [(cell, found) for cell, found in intervals.items() if found]
    offset = min((Fraction(low) - stride * cell for cell, (low, _) in known), default=Fraction(0))
    sizes = (high - floor(offset + stride * cell) for cell, (_, high) in known)
    return AxisField(max(sizes, default=0), stride, offset)


def default_numbers(tape: Tape) -> frozenset[int]:
    """Tape numbers of the default layers (the glossary says which those are)."""
    sums = [_after(tape, op.number) for op in tape.ops if _is_sum(op)]
    return frozenset([*weighted_ends(tape), *sums])


def weighted_ends(tape: Tape) -> Mapping[int, Op]:
    """Of the default layers those that end a convolution or linear op, and that op, by number."""
    gates = gate_ops(tape)
    return {
        _end(tape, op): op
        for op in tape.ops
        if op.kind in ("conv", "conv_transpose", "linear") and op.number not in gates
    }


def _is_sum(op: Op) -> bool:
    return op.kind == "add" and len(set(op.inputs)) > 1


def _end(tape: Tape, op: Op) -> int:
    number = op.number
    while True:
        users = tape.consumers[number]
        following = tape.ops[users[0]] if len(users) == 1 else None
        if following is None or not _carries_on(following):
            return _after(tape, number)
        number = following.number


def _carries_on(op: Op) -> bool:
    """Normalisation, dropout, a constant scale or bias, a change of layout."""
    constant = op.kind in ARITHMETIC and len(op.inputs) == 1
    return op.kind in NORMS | LAYOUT or constant


def _after(tape: Tape, number: int) -> int:
    """The activation after a tensor that only it reads; else, or if it is bounded, the tensor."""
    users = tape.consumers[number]
    if len(users) != 1:
        return number
    following = tape.ops[users[0]]
    is_activation = following.kind in ACTIVATIONS and following.kind not in BOUNDED
    return following.number if is_activation else number
