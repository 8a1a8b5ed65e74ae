"""Gates: factors that scale another tensor, such as squeeze-excite makes."""

from __future__ import annotations

from convscope.geometry.walk import IMAGE
from convscope.net.kinds import ACTIVATIONS, ARITHMETIC, BOUNDED, GLOBAL_POOLS, LAYOUT
from convscope.net.tape import Op, Tape


def gate_of(tape: Tape, op: Op) -> int | None:
    """Which input of a product is its gate: a bounded activation, or what a global pool feeds.

    ``None`` where neither or both could be, and where the "gate" is made cell by cell of the other
    input: an activation written by hand (``x * sigmoid(x)``).
    """
    if op.kind != "mul" or len(set(op.inputs)) != 2:
        return None
    for is_gate in (_is_bounded, _is_single_cell):
        found = [source for source in op.inputs if source != IMAGE and is_gate(tape, source)]
        if len(found) == 1:
            other = op.inputs[1 - op.inputs.index(found[0])]
            return None if _is_pointwise_of(tape, found[0], other) else found[0]
    return None


def _is_bounded(tape: Tape, number: int) -> bool:
    return _spread_from(tape, number).kind in BOUNDED | {"softmax"}


def _is_single_cell(tape: Tape, number: int) -> bool:
    op = _spread_from(tape, number)
    return op.length("h") * op.length("w") == 1


def _spread_from(tape: Tape, number: int) -> Op:
    """What was repeated over the map, if the op is but a repetition."""
    op = tape.ops[number]
    while op.kind in LAYOUT | {"interpolate", "expand", "expand_as"} and op.inputs[0] != IMAGE:
        op = tape.ops[op.inputs[0]]
    return op


def _is_pointwise_of(tape: Tape, number: int, other: int) -> bool:
    while number not in (other, IMAGE):
        op = tape.ops[number]
        if len(set(op.inputs)) != 1 or op.kind not in ACTIVATIONS | LAYOUT | ARITHMETIC:
            return False
        number = op.inputs[0]
    return number == other


def gate_ops(tape: Tape) -> frozenset[int]:
    """Ops that only make gates: what lies between a global pool and the product it feeds."""
    found: set[int] = set()
    for product in tape.ops:
        gate = gate_of(tape, product)
        pending = [] if gate is None else [gate]
        branch: set[int] = set()
        while pending:
            number = pending.pop()
            if number != IMAGE and tape.ops[number].kind not in GLOBAL_POOLS:
                branch.add(number)
                pending += [n for n in tape.ops[number].inputs if n not in branch]
        flat = all(tape.ops[n].length("h") * tape.ops[n].length("w") == 1 for n in branch)
        found |= branch if flat else set()
    return frozenset(found)
