"""Layers grouped by the module they belong to, with their shared words dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from convscope.results.layer import Layer


@dataclass(frozen=True)
class Group:
    """Neighbouring layers of one module."""

    name: str
    layers: tuple[Layer, ...]
    short: tuple[str, ...]
    """What each layer is called inside the group."""

    @property
    def channels(self) -> int:
        """Channels of all its layers."""
        return sum(layer.channels for layer in self.layers)

    @property
    def last(self) -> Layer:
        """The layer that sees most, which speaks for the group."""
        return max(self.layers, key=lambda layer: (layer.field.y.size, layer.number))

    @property
    def is_single(self) -> bool:
        """Whether it holds one layer only, and is therefore called by its name."""
        return len(self.layers) == 1


def stem(name: str) -> str:
    """The module a layer belongs to: its name up to the first part that holds a digit.

    >>> stem("features.3.squeeze_activation"), stem("layer1.0/add"), stem("classifier.2")
    ('features.3', 'layer1', 'classifier.2')
    """
    parts = re.split(r"[./]", name)
    numbered = [place for place, part in enumerate(parts) if re.search(r"\d", part)]
    return ".".join(parts[: numbered[0] + 1]) if numbered else parts[0]


def groups(layers: Sequence[Layer]) -> tuple[Group, ...]:
    """All layers, neighbours of one module together, in execution order."""
    return tuple(
        _group(name, tuple(some)) for name, some in groupby(layers, lambda layer: stem(layer.name))
    )


def _group(name: str, layers: tuple[Layer, ...]) -> Group:
    if len(layers) == 1:
        return Group(layers[0].name, layers, (layers[0].name,))
    return Group(name, layers, tuple(_short([layer.name for layer in layers], name)))


def _short(names: list[str], group: str) -> list[str]:
    """Names inside a group, without what all of them end in (``_activation``)."""
    inner = [name[len(group) :].lstrip("./") or name for name in names]
    cut = len(_ending(inner))
    short = [word[: len(word) - cut] for word in inner]
    return short if all(short) and len(set(short)) == len(short) else inner


def _ending(words: list[str]) -> str:
    endings = [words[0][place:] for place, letter in enumerate(words[0]) if letter in "._/"]
    return next((end for end in endings if all(word.endswith(end) for word in words)), "")
