"""Several targets of one layer at once: all its channels, some of them, or classes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from convscope.address import Address, Class, Look
from convscope.errors import AddressError
from convscope.net.net import Net
from convscope.net.scores import is_class
from convscope.net.target import Target, find_target

_PART = r"\d+(?:\.\.\d+)?"
_MANY = re.compile(rf"(?P<layer>[^:]+):(?P<channels>{_PART}(?:,{_PART})*)")


def find_targets(net: Net, given: str | Look) -> tuple[Target, ...]:
    """Find what is asked for: one target as `find_target` does, or several of one layer.

    ``features.5`` is all its channels, ``features.5:0..47`` and ``features.5:1,5,9..12`` some of
    them, both ends counted; ``class:beagle,pug`` two classes.

    Raises:
        AddressError: no such layer, channel, cell or class; or a channel or class twice.
        ScoresError: classes of a network whose output is not one vector of scores.
    """
    if isinstance(given, Address) and given.channel is None:
        given = str(given)
    if not isinstance(given, str):
        return (find_target(net, given),)
    text = given.strip()
    if text.startswith("class:"):
        return _once(text, [find_target(net, Class(name)) for name in _names(net, text)])
    if ":" not in text:
        layer = net.tape().layer(text)
        return tuple(_unit(net, layer.name, c) for c in range(layer.channels))
    match = _MANY.fullmatch(text)
    if match is None:
        return (find_target(net, text),)
    layer = net.tape().layer(match["layer"])
    return tuple(_unit(net, layer.name, c) for c in _channels(text, match["channels"]))


def _unit(net: Net, layer: str, channel: int) -> Target:
    return find_target(net, Address(layer, channel))


def _names(net: Net, text: str) -> list[str]:
    """The classes of a list; a name may hold commas itself."""
    whole = text.removeprefix("class:")
    return [whole] if is_class(net, whole) else [name.strip() for name in whole.split(",")]


def _once(text: str, found: Sequence[Target]) -> tuple[Target, ...]:
    if len({target.terms for target in found}) < len(found):
        raise AddressError(f"{text!r} names a class twice. Name each once.")
    return tuple(found)


def _channels(text: str, given: str) -> list[int]:
    ends = [part.partition("..")[::2] for part in given.split(",")]
    ranges = [range(int(first), int(last or first) + 1) for first, last in ends]
    found = [channel for one in ranges for channel in one]
    if not all(ranges) or len(set(found)) < len(found):
        raise AddressError(
            f"{text!r} names a channel twice, or a range that ends before it begins. Write "
            "features.5:0..47 or features.5:1,5,9..12."
        )
    return found
