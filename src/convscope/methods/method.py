"""The registry of methods: what can be looked at, under one name and in one shape.

A method is a callable ``(net, image, target, options) -> result``: ``net`` a `Net`, ``image`` an
`Image`, ``target`` an address, direction or class, ``options`` a frozen dataclass or None for its
defaults, and the result a frozen dataclass of arrays with ``provenance`` and ``caption``. Built-in
methods are listed here by hand and come in through the same door as anybody's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from convscope.registry import Registry

Points = Literal["unit", "class", "layer"]
"""What a method can be pointed at; what takes a unit takes directions and classes too."""


@dataclass(frozen=True)
class Method:
    """One way to look at one image.

    >>> METHODS["gradient"].points
    'unit'
    """

    home: str | Callable[..., Any]
    """``package.module:function``, loaded when it is first used, or the callable itself."""
    options: str | type[Any]
    """``package.module:class`` of its options, or the class itself."""
    points: Points
    is_gradient: bool = False
    """Whether it is a picture over pixels, to be held to that of a twin with random weights."""

    @property
    def run(self) -> Callable[..., Any]:
        """The callable."""
        found: Callable[..., Any] = _found(self.home)
        return found

    @property
    def options_class(self) -> type[Any]:
        """The dataclass of its options."""
        found: type[Any] = _found(self.options)
        return found


METHODS: Registry[Method] = Registry("method")
"""Every method by name."""


def _found(home: Any) -> Any:
    if not isinstance(home, str):
        return home
    module, _, name = home.partition(":")
    return getattr(import_module(module), name)


def _built_in(name: str, points: Points, options: str, *, is_gradient: bool = False) -> None:
    file = f"convscope.methods.{name}"
    home = f"convscope.methods.options.{name}:{options}"
    METHODS.register(name, Method(f"{file}:{name}", home, points, is_gradient))


_built_in("project", "unit", "ProjectOptions", is_gradient=True)
_built_in("gradient", "unit", "GradientOptions", is_gradient=True)
_built_in("heatmap", "class", "HeatmapOptions", is_gradient=True)
_built_in("occlude", "unit", "OccludeOptions")
_built_in("activations", "layer", "ActivationsOptions")
