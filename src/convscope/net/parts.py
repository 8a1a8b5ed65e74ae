"""Where a layer's channels come from, and what they were before their rectifier."""

from __future__ import annotations

from convscope.geometry.walk import IMAGE
from convscope.net.tape import Op, Ref, Tape

_SAME = frozenset("dropout identity".split())
"""Kinds whose result is their input, channel by channel and cell by cell."""
_ZEROING = frozenset("relu relu6".split())
"""Rectifiers below which a value is gone: a map of theirs can be blank without having been zero."""


def parts(tape: Tape, number: int) -> tuple[Op, ...]:
    """The ops whose results, joined along channels, are this layer's result; mostly itself."""
    op = tape.ops[number]
    if op.kind in _SAME and op.inputs and op.inputs[0] != IMAGE:
        return parts(tape, op.inputs[0])
    joined = _joined(op)
    return tuple(part for source in joined for part in parts(tape, source)) if joined else (op,)


def part_of(tape: Tape, number: int, channel: int) -> tuple[int, int]:
    """The op, and its channel, that gives a channel of a layer; mostly itself."""
    for part in parts(tape, number):
        if channel < part.channels:
            return part.number, channel
        channel -= part.channels
    raise IndexError(f"{tape.ops[number].name} has no channel {channel}")


def _joined(op: Op) -> tuple[int, ...]:
    """The ops that a concatenation of channels joins, in their order."""
    if op.kind != "cat" or "c" not in op.axes:
        return ()
    tensors, axis = op.bound.get("tensors", ()), op.bound.get("dim", 0)
    known = all(isinstance(t, Ref) and t.number != IMAGE for t in tensors)
    along = isinstance(axis, int) and axis % len(op.axes) == op.axes.index("c")
    return tuple(t.number for t in tensors) if known and along else ()


def rectified_from(tape: Tape, op: Op) -> Op | None:
    """The op whose result a rectifier cuts off at zero; None where ``op`` is no such rectifier."""
    source = op.inputs[0] if op.kind in _ZEROING and op.inputs else IMAGE
    return None if source == IMAGE else tape.ops[source]
