"""Between which values a layer is not saturated, by the bounded activation that reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import atanh, inf, sqrt
from typing import Any

from convscope.geometry.walk import IMAGE
from convscope.net.kinds import LAYOUT, bind, spelling
from convscope.net.tape import Op, Tape
from convscope.tally.plan import Bounds

FLAT = 0.05
"""A sigmoid or tanh is saturated where its slope is at most this share of its steepest."""

TANH = atanh(sqrt(1 - FLAT))
"""2.178: tanh has its slope 1 - tanh^2 down at ``FLAT`` there."""

SIGMOID = 2 * TANH
"""4.357: a sigmoid is a tanh of half its input."""


def bounds_of(tape: Tape, number: int) -> Bounds | None:
    """Where the activation that a layer feeds stops answering; None where it has no bound.

    Counted is the one op that reads the layer, as the choice of layers does: what several ops
    read may pass one of them by (``x * sigmoid(x)`` is no sigmoid). A sigmoid that the network
    ends in makes probabilities of scores, which may well lie near 0 and 1. The lower end
    of ReLU6 is a rectifier's, where a unit is silent and not saturated. A layer that is a
    bounded activation itself is saturated at the bounds of its own result.
    """
    op = tape.ops[number]
    rules, activation = (_RESULT, op) if op.kind in _RESULT else (_INPUT, _reader(tape, number))
    if activation is None or activation.kind not in rules or _is_link(tape, activation):
        return None
    return rules[activation.kind](_given(activation))


def _given(op: Op) -> Mapping[str, Any]:
    """An op's arguments by name, as the function that was called spells them."""
    return bind(spelling(op.func), op.func, op.args, op.kwargs)


def _reader(tape: Tape, number: int) -> Op | None:
    """The one op that reads a tensor, past changes of layout."""
    users = tape.consumers[number]
    while len(users) == 1 and tape.ops[users[0]].kind in LAYOUT:
        users = tape.consumers[users[0]]
    return tape.ops[users[0]] if len(users) == 1 else None


def _is_link(tape: Tape, op: Op) -> bool:
    """Whether it is a sigmoid whose values the network returns, but for a change of layout."""
    if op.kind not in ("sigmoid", "hardsigmoid"):
        return False
    for number in tape.outputs:
        while number not in (IMAGE, op.number) and tape.ops[number].kind in LAYOUT:
            number = tape.ops[number].inputs[0]
        if number == op.number:
            return True
    return False


def _hardtanh(bound: Mapping[str, Any]) -> Bounds:
    return _between(_number(bound.get("min_val"), -1.0), _number(bound.get("max_val"), 1.0))


def _relu6(bound: Mapping[str, Any]) -> Bounds:
    """Also ``hardtanh`` and ``clamp`` from 0 up."""
    high = bound.get("max_val", bound.get("max"))
    return Bounds(-inf, _number(high, 6.0), is_rectifier=True)


def _clamp(bound: Mapping[str, Any]) -> Bounds | None:
    """Of a clamp with a floor alone nothing saturates: it is a rectifier of another zero."""
    low, high = _number(bound.get("min"), -inf), _number(bound.get("max"), inf)
    return None if high == inf else _between(low, high)


def _between(low: float, high: float) -> Bounds:
    return Bounds(low, high, is_rectifier=low == 0)


def _number(given: Any, default: float) -> float:
    return float(given) if isinstance(given, int | float) else default


_Rule = Callable[[Mapping[str, Any]], Bounds | None]

_INPUT: dict[str, _Rule] = {
    "relu6": _relu6,
    "hardtanh": _hardtanh,
    "clamp": _clamp,
    "hardsigmoid": lambda bound: Bounds(-3.0, 3.0),
    "sigmoid": lambda bound: Bounds(-SIGMOID, SIGMOID),
    "tanh": lambda bound: Bounds(-TANH, TANH),
}
"""By the kind of the op that follows, in the values that go into it."""

_HALF = 0.5 * sqrt(1 - FLAT)
_RESULT: dict[str, _Rule] = _INPUT | {
    "hardsigmoid": lambda bound: Bounds(0.0, 1.0),
    "sigmoid": lambda bound: Bounds(0.5 - _HALF, 0.5 + _HALF),
    "tanh": lambda bound: Bounds(-2 * _HALF, 2 * _HALF),
}
"""By the kind of the layer's own op, in the values that come out of it."""
