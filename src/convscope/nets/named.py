"""Names of the networks that can be read aloud: ``zf32,classes=10,without=3+4``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from torch import nn

from convscope.errors import IntakeError, UsageError, nearest
from convscope.nets.krizhevsky import KrizhevskyNet
from convscope.nets.scaled import ScaledZF
from convscope.nets.zfnet import ZFNet

SIZES = (28, 32, 64, 72, 96)
"""Inputs that there are scaled networks for, in pixels."""
NAMES: Mapping[str, Callable[..., nn.Module]] = MappingProxyType(
    {"zfnet": ZFNet, "krizhevsky": KrizhevskyNet}
    | {f"zf{size}": partial(ScaledZF, size) for size in SIZES}
)
"""What builds each network, by its name."""
REMOVABLE = (3, 4, 6, 7)
"""Layers that a variant may leave out; 1, 2 and 5 hold the pools."""


def build_named(text: str) -> nn.Module:
    """The network of a name, with what is to be other than its own.

    Its weights are those PyTorch draws. Keys are the arguments of the network's class, written
    ``fc=2048``, ``wide=yes``, ``without=3+4``.

    Args:
        text: a name, then ``,key=value`` as often as wanted; ``nets:`` before it is allowed.

    Raises:
        IntakeError: no such name, key or value.

    >>> build_named("zf32,classes=7,without=6+7").fc8
    Linear(in_features=256, out_features=7, bias=True)
    """
    name, *pairs = text.removeprefix("nets:").split(",")
    if name not in NAMES:
        raise IntakeError(
            f"No network nets:{name}. There are: {', '.join(NAMES)}; a function of your own "
            f"nets.py is nets.py:factory. {nearest(name, NAMES)}".rstrip()
        )
    given: dict[str, Any] = {}
    for pair in pairs:
        key, value = _parsed(name, pair)
        if key in given:
            raise IntakeError(f"nets:{name} is given {key} twice. Write it once.")
        given[key] = value
    try:
        return NAMES[name](**given)
    except UsageError as error:  # a first layer that does not fit
        raise IntakeError(f"nets:{text.removeprefix('nets:')}: {error}") from None


def changed_name(text: str, words: str) -> str:
    """A name with other values for some keys, the rest as it was.

    >>> changed_name("nets:zf32,classes=7,fc=128", "fc=64,without=7")
    'nets:zf32,classes=7,fc=64,without=7'
    """
    name, *pairs = text.split(",")
    merged = {pair.partition("=")[0].strip(): pair for pair in (*pairs, *words.split(","))}
    return ",".join([name, *merged.values()])


def keys_of(name: str) -> tuple[str, ...]:
    """The keys that a name takes.

    >>> keys_of("zfnet")
    ('classes', 'fc', 'wide', 'without')
    """
    return tuple(inspect.signature(NAMES[name]).parameters)


def _parsed(name: str, pair: str) -> tuple[str, Any]:
    key, equals, word = (part.strip() for part in pair.partition("="))
    keys = keys_of(name)
    if not equals:
        raise IntakeError(f"nets:{name} is followed by {pair!r}. Write key=value: {keys[0]}=10.")
    if key not in keys:
        raise IntakeError(
            f"nets:{name} has no key {key!r}. It takes: {', '.join(keys)}. "
            f"{nearest(key, keys)}".rstrip()
        )
    read, allowed = _VALUES[key]
    try:
        return key, read(word)
    except (LookupError, ValueError):
        raise IntakeError(f"{key}={word} of nets:{name}: {key} is {allowed}.") from None


def _whole(word: str) -> int:
    return int(_positive(int(word)))


def _factor(word: str) -> float:
    return _positive(float(word))


def _positive(number: float) -> float:
    if not 0 < number < float("inf"):
        raise ValueError(number)
    return number


def _flag(word: str) -> bool:
    return {"yes": True, "no": False}[word]


def _left_out(word: str) -> tuple[int, ...]:
    layers = tuple(int(part) for part in word.split("+"))
    if len(set(layers) & set(REMOVABLE)) < len(layers):
        raise ValueError(word)
    return tuple(sorted(layers))


def _channels(word: str) -> int:
    return {"1": 1, "3": 3}[word]


_COUNT = (_whole, "a whole number from 1 up")
_VALUES: Mapping[str, tuple[Callable[[str], Any], str]] = MappingProxyType(
    {
        **dict.fromkeys(("classes", "fc", "kernel", "stride"), _COUNT),
        "channels": (_channels, "1 or 3"),
        "width": (_factor, "a number above 0, what the maps of each layer are multiplied by"),
        "wide": (_flag, "yes or no"),
        "without": (_left_out, "layers of 3, 4, 6, 7 with + between them, as in 3+4"),
    }
)
"""How the value of each key is read, and what the message says where it cannot be."""
