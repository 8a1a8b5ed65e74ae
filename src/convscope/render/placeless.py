"""What is handed on names no folder of this machine: specs and paths keep their last part."""

from __future__ import annotations

import shlex
from dataclasses import fields, replace
from typing import Any, TypeVar

from convscope.address import is_library
from convscope.render.loading_words import without_root
from convscope.results.result import Result

_SPECS = frozenset({"model", "specs", "names", "data", "images", "provenance"})
"""Fields of results that hold specs or paths; classes may begin with a slash and mean it."""

R = TypeVar("R", bound=Result)


def short_name(spec: str) -> str:
    """A network, file or folder as people name it.

    >>> short_name("/home/me/nets.py:tiny"), short_name("nets:zf32,without=3+4")
    ('nets.py:tiny', 'nets:zf32,without=3+4')
    """
    return spec if is_library(spec) else without_root(spec)


def quoted(spec: str) -> str:
    """The same as a word of a shell's command.

    >>> quoted("/home/me/my nets.py:tiny")
    "'my nets.py:tiny'"
    """
    return shlex.quote(short_name(spec))


def placeless(value: Any) -> Any:
    """Plain values with every spec and path in them shortened; all else as it was.

    >>> placeless({"images": ["/data/photos"], "read": 3})
    {'images': ['photos'], 'read': 3}
    """
    if isinstance(value, str):
        return short_name(value)
    if isinstance(value, dict):
        return {key: placeless(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(placeless(each) for each in value)
    return value


def shareable(result: R) -> R:
    """A result that can be handed on.

    >>> shareable.__name__
    'shareable'
    """
    names = [each.name for each in fields(result) if each.name in _SPECS]  # type: ignore[arg-type]
    return replace(result, **{name: placeless(getattr(result, name)) for name in names})  # type: ignore[type-var]
