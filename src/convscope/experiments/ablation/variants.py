"""The networks of an ablation: the whole one, and what is changed in it."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from convscope.address import slug
from convscope.errors import UsageError
from convscope.experiments.claim import named
from convscope.nets.named import NAMES, build_named, changed_name, keys_of
from convscope.render.placeless import short_name

WHOLE = "whole network"
_NETS = "nets:"
_LEFT_OUT = ("3+4", "7", "6+7", "3+4+6+7")


@dataclass(frozen=True)
class Variant:
    """One network of an ablation."""

    name: str
    """What differs: ``without=3+4``."""
    spec: str

    @property
    def folder(self) -> str:
        """Of its trainings, but for the seed; its hash keeps long names apart.

        >>> Variant("without=3+4", "nets:zf32,without=3+4").folder
        'without-3-4-24b0e7'
        """
        return f"{slug(self.name)}-{hashlib.sha256(self.spec.encode()).hexdigest()[:6]}"


def variants_of(model: str, words: Sequence[str]) -> tuple[Variant, ...]:
    """The whole network and its variants, each once.

    Args:
        model: spec of the whole network.
        words: what is changed, or specs; none: the rows of Table 3 that the network has.

    Raises:
        IntakeError: no such name, key or value.
        UsageError: changes to a network that takes none, or the same network twice.

    >>> [one.spec for one in variants_of("nets:zf32", ["fc=128"])]
    ['nets:zf32', 'nets:zf32,fc=128']
    """
    asked = [_variant(model, each) for each in words] or _defaults(model)
    made = [Variant(WHOLE, model), *asked]
    for one in made:
        _check(one.spec)
    specs = [one.spec for one in made]
    twice = next((spec for spec in specs if specs.count(spec) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice} is asked for twice. Give each variant once.")
    return tuple(_apart(made))


def _apart(made: Sequence[Variant]) -> Iterator[Variant]:
    """Files of one name in two folders have names that differ, too."""
    names = [one.name for one in made]
    for one in made:
        yield replace(one, name=named(one.spec)) if names.count(one.name) > 1 else one


def _defaults(model: str) -> list[Variant]:
    """The rows of Table 3, each network once, and the whole one, which is there already, not."""
    found, seen = [], {_network(model)}
    for one in (_variant(model, each) for each in table_3(model)):
        if _network(one.spec) not in seen:
            found.append(one)
        seen.add(_network(one.spec))
    return found


def _network(spec: str) -> tuple[str, frozenset[tuple[str, ...]]]:
    """A network's name and what is given, in whatever order it is written.

    >>> _network("nets:zf32,fc=8,without=4+3") == _network("nets:zf32, without=3+4,fc=8")
    True
    """
    name, *pairs = spec.split(",")
    given = ([part.strip() for part in pair.split("=")] for pair in pairs)
    return name, frozenset((key, *sorted("".join(value).split("+"))) for key, *value in given)


def table_3(model: str) -> tuple[str, ...]:
    """The variants of Zeiler & Fergus' Table 3, as far as the network has the keys.

    >>> table_3("nets:zfnet")[:4]
    ('without=3+4', 'without=7', 'without=6+7', 'without=3+4+6+7')
    >>> table_3("nets:zf32")[4:]
    ('fc=128', 'fc=512', 'wide=yes', 'fc=512,wide=yes')
    """
    return tuple(_table_3(model))


def _table_3(model: str) -> Iterator[str]:
    if not model.startswith(_NETS):
        raise UsageError(
            f"Table 3 is of networks of nets:, and {model} is none. Give its variants as specs: "
            "--variants mynets.py:shallow."
        )
    _check(model)  # names what there is, where there is no such network, key or value
    name, *pairs = model.removeprefix(_NETS).split(",")
    given = dict(pair.partition("=")[::2] for pair in pairs)
    fc = int(given.get("fc", inspect.signature(NAMES[name]).parameters["fc"].default))
    yield from (f"without={layers}" for layers in _LEFT_OUT)
    yield from (f"fc={max(1, fc // 2)}", f"fc={2 * fc}")
    if "wide" in keys_of(name):
        yield from ("wide=yes", f"fc={2 * fc},wide=yes")


def _variant(model: str, words: str) -> Variant:
    if ":" in words:
        return Variant(short_name(words), words)
    if not model.startswith(_NETS):
        raise UsageError(
            f"{words!r} changes a network of nets:, and {model} is none. Give each variant as a "
            "network of its own: mynets.py:shallow."
        )
    return Variant(words, changed_name(model, words))


def _check(spec: str) -> None:
    """Have a network of ours refused before the first training, at no cost."""
    if spec.startswith(_NETS):
        with torch.device("meta"):
            build_named(spec)
