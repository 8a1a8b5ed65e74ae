"""The numbers of a result: a table for people, and everything as JSON beside its file."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np

from convscope.render.words import TIMES, number

WHOLE = 4096
"""Arrays up to this many values stand in the JSON; larger ones are in the .safetensors alone."""
_NOT_NUMBERS = frozenset(["provenance", "shown", "covered", "patches", "note"])


def rows(result: Any) -> tuple[tuple[str, str], ...]:
    """Every field that is a number or an array of them, as name and words.

    >>> from types import SimpleNamespace
    >>> described(np.array([[1.0, -2.0]]))
    '1 × 2, from −2 to 1, mean −0.5'
    """
    found = []
    for one in fields(result):
        value = getattr(result, one.name)
        if one.name not in _NOT_NUMBERS and value is not None:
            said = described(value)
            if said:
                found.append((one.name.replace("_", " "), said))
    return tuple(found)


def described(value: Any) -> str:
    """A value in one line; empty where there is nothing to say."""
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, float | int):
        return number(float(value))
    if isinstance(value, tuple) and value and all(isinstance(v, int | float) for v in value):
        return ", ".join(number(float(v)) for v in value)
    if isinstance(value, dict) and all(isinstance(v, int | float) for v in value.values()):
        return ", ".join(f"{key} {number(float(v))}" for key, v in value.items())
    return ""


def _array(value: np.ndarray[Any, Any]) -> str:
    shape = f" {TIMES} ".join(map(str, value.shape))
    finite = value[np.isfinite(value)] if value.size else value
    if not finite.size:
        return shape
    low, high, mean = (float(f(finite)) for f in (np.min, np.max, np.mean))
    return f"{shape}, from {number(low)} to {number(high)}, mean {number(mean)}"


def as_json(result: Any) -> dict[str, Any]:
    """A result as JSON holds it; what is not finite becomes null."""
    kind = {"kind": type(result).__name__}
    return kind | {one.name: _plain(getattr(result, one.name)) for one in fields(result)}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        if value.size > WHOLE:
            return {"shape": list(value.shape), "dtype": str(value.dtype), "in": "safetensors"}
        return _plain(value.tolist())
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
