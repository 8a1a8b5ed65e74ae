"""Addresses: ``features.12``, ``features.12:17``, ``features.12:17@3,5``, parsed and printed.

So are what else methods can be pointed at: directions (``features.12:17-0.5*40``) and classes
(``class:beagle``).

An address is parsed once, at the rim, into a frozen value; inside there are only values.
A layer's name may itself hold ``@n`` (the n-th call of a module) and ``/kind`` (an op that no
module returns), so the channel is what follows the last colon.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from convscope.errors import AddressError

_UNIT = re.compile(r"(?P<layer>[^:]+)(?::(?P<channel>\d+)(?:@(?P<y>\d+),(?P<x>\d+))?)?")
_NUMBER = r"\d+(?:\.\d+)?"
_TERM = re.compile(rf"(?P<sign>[+-]?)(?:(?P<weight>{_NUMBER})\*)?(?P<channel>\d+)")
_DIRECTION = re.compile(
    rf"(?P<layer>[^:]+):(?:random\.(?P<seed>\d+)|(?P<terms>-?(?:{_NUMBER}\*)?\d+"
    rf"(?:[+-](?:{_NUMBER}\*)?\d+)*))(?:@(?P<y>\d+),(?P<x>\d+))?"
)
_CLASS = "class:"


@dataclass(frozen=True)
class Address:
    """A layer, a channel of it, or one cell of that channel.

    >>> Address("features.12", 17, (3, 5))
    Address(layer='features.12', channel=17, cell=(3, 5))
    >>> str(Address("features.12", 17, (3, 5)))
    'features.12:17@3,5'
    """

    layer: str
    channel: int | None = None
    cell: tuple[int, int] | None = None
    """``(y, x)`` in cells of the layer's map."""

    def __str__(self) -> str:
        channel = "" if self.channel is None else f":{self.channel}"
        cell = "" if self.cell is None else f"@{self.cell[0]},{self.cell[1]}"
        return f"{self.layer}{channel}{cell}"


@dataclass(frozen=True)
class Direction:
    """A direction in the channel space of a layer: channels with weights, or one drawn at random.

    >>> Direction("features.12", ((17, 1.0), (40, -0.5)))
    Direction(layer='features.12', terms=((17, 1.0), (40, -0.5)), seed=None, cell=None)
    """

    layer: str
    terms: tuple[tuple[int, float], ...] = ()
    """Channel and weight; each channel once."""
    seed: int | None = None
    """Of a random direction, which has no terms."""
    cell: tuple[int, int] | None = None

    def __str__(self) -> str:
        said = "".join(_term(channel, weight) for channel, weight in self.terms).removeprefix("+")
        cell = "" if self.cell is None else f"@{self.cell[0]},{self.cell[1]}"
        return f"{self.layer}:{said if self.seed is None else f'random.{self.seed}'}{cell}"


@dataclass(frozen=True)
class Class:
    """A class of the network: its name, its key, or its number in the output.

    >>> str(Class("beagle"))
    'class:beagle'
    """

    name: str

    def __str__(self) -> str:
        return f"{_CLASS}{self.name}"


Look = Address | Direction | Class
"""Whatever a method can be pointed at."""


LIBRARIES = ("bundled", "nets", "torchvision", "timm")
"""How specs begin that name an installed library's network."""


def is_library(spec: str) -> bool:
    """Whether a network's spec names code of an installed library, not the user's own.

    >>> is_library("timm:resnet18"), is_library("mine.py:net")
    (True, False)
    """
    library, colon, _ = spec.partition(":")
    return bool(colon) and library in LIBRARIES


def parse(text: str) -> Address:
    """Parse an address.

    Raises:
        AddressError: the text is no address.

    >>> parse("layer1.0.relu@2:4")
    Address(layer='layer1.0.relu@2', channel=4, cell=None)
    """
    match = _UNIT.fullmatch(text.strip())
    if match is None:
        raise AddressError(
            f"{text!r} is no address. Write a layer (features.12), a unit (features.12:17), one "
            "cell of it (features.12:17@3,5: y before x), and where a method takes them a "
            "direction (features.12:17-0.5*40, features.12:random.7) or a class (class:beagle)."
        )
    channel, y, x = match["channel"], match["y"], match["x"]
    return Address(
        match["layer"],
        None if channel is None else int(channel),
        None if y is None else (int(y), int(x)),
    )


def parse_look(text: str) -> Look:
    """Parse what a method is pointed at: an address, a direction or a class.

    Raises:
        AddressError: the text is none of them, or names a channel twice.

    >>> parse_look("class:tennis ball"), parse_look("features.12:17@3,5").cell
    (Class(name='tennis ball'), (3, 5))
    >>> parse_look("features.12:17-0.5*40").terms, parse_look("features.12:random.7").seed
    (((17, 1.0), (40, -0.5)), 7)
    """
    given = text.strip()
    if given.startswith(_CLASS) and given != _CLASS:
        return Class(given.removeprefix(_CLASS).strip())
    match = _DIRECTION.fullmatch(given)
    if match is None or _UNIT.fullmatch(given):
        return parse(given)
    cell = None if match["y"] is None else (int(match["y"]), int(match["x"]))
    if match["seed"] is not None:
        return Direction(match["layer"], seed=int(match["seed"]), cell=cell)
    terms = tuple(
        (int(term["channel"]), float(f"{term['sign']}{term['weight'] or 1}"))
        for term in _TERM.finditer(match["terms"])
    )
    if len({channel for channel, _ in terms}) < len(terms):
        raise AddressError(f"{text!r} names a channel twice; add its weights up: 2*17.")
    return Direction(match["layer"], terms, cell=cell)


def _term(channel: int, weight: float) -> str:
    sign, size = "-" if weight < 0 else "+", abs(weight)
    return f"{sign}{channel}" if size == 1 else f"{sign}{size:g}*{channel}"


def slug(name: str) -> str:
    """The decoration a layer's name lends to file names: ``[a-z0-9._-]``, at most 40.

    >>> slug("layer1.0/add@2")
    'layer1.0-add-2'
    """
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-")[:40]
