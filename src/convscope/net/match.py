"""Layers by shell patterns of their names."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from convscope.errors import AddressError, nearest
from convscope.net.tape import Tape
from convscope.results.layer import Layer


def matching(
    tape: Tape, patterns: Sequence[str], groups: Sequence[Sequence[Layer]], kind: str = "layer"
) -> tuple[Layer, ...]:
    """The layers that names or patterns (``features.*``) stand for, in execution order.

    Args:
        tape: the network's.
        patterns: a name without ``*?[`` is any one layer.
        groups: a pattern matches within the first of these in which it matches anything.
        kind: what they are called in the error.

    Raises:
        AddressError: no layer of that name, or a pattern that matches nothing.
    """
    found = [layer for pattern in patterns for layer in _matching(tape, pattern, groups, kind)]
    return tuple({layer.number: layer for layer in sorted(found, key=_number)}.values())


def _matching(
    tape: Tape, pattern: str, groups: Sequence[Sequence[Layer]], kind: str
) -> list[Layer]:
    if not any(mark in pattern for mark in "*?["):
        return [tape.layer(pattern)]
    for group in groups:
        found = [layer for layer in group if _matches(layer, pattern)]
        if found:
            return found
    hint = nearest(pattern, [layer.name for layer in groups[-1]])
    raise AddressError(f"No {kind} matches {pattern!r}. {hint}".rstrip())


def _matches(layer: Layer, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (layer.name, *layer.aliases))


def _number(layer: Layer) -> int:
    return layer.number
