"""Addresses: ``features.12``, ``features.12:17``, ``features.12:17@3,5``, parsed and printed.

An address is parsed once, at the rim, into a frozen value; inside there are only values.
A layer's name may itself hold ``@n`` (the n-th call of a module) and ``/kind`` (an op that no
module returns), so the channel is what follows the last colon.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from convscope.errors import AddressError

_UNIT = re.compile(r"(?P<layer>[^:]+)(?::(?P<channel>\d+)(?:@(?P<y>\d+),(?P<x>\d+))?)?")


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


LIBRARIES = ("bundled", "torchvision", "timm")
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
            f"{text!r} is no address. Write a layer (features.12), a unit (features.12:17) or one "
            "cell of it (features.12:17@3,5: y before x)."
        )
    channel, y, x = match["channel"], match["y"], match["x"]
    return Address(
        match["layer"],
        None if channel is None else int(channel),
        None if y is None else (int(y), int(x)),
    )


def slug(name: str) -> str:
    """The decoration a layer's name lends to file names: ``[a-z0-9._-]``, at most 40.

    >>> slug("layer1.0/add@2")
    'layer1.0-add-2'
    """
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-")[:40]
