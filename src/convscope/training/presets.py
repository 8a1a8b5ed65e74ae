"""Presets: whole recipes under a name, each with the network it is meant for.

- ``zeiler-fergus``: the paper's own (sec. 3): per-pixel mean image, inputs of +-128, SGD annealed
  on plateaus, N(0, 0.01^2), filter renormalization, dropout, validated on ten crops.
- ``krizhevsky``: the same recipe for the network that the paper compares itself with, without
  filter renormalization and with AlexNet's weight decay (Krizhevsky et al. 2012, sec. 5).
- ``cifar``: the paper's network scaled to 32 px, in one cycle of the rate, for an hour on a laptop.
- ``modern``: AdamW, a cosine, label smoothing, inputs of unit deviation.
- ``photos``: how the bundled network was trained (`convscope.bundled`'s README): crops of the
  photographs in changing colors, a first layer with its own rate and whitened gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from convscope.errors import UsageError, nearest
from convscope.training.options import TrainOptions


@dataclass(frozen=True)
class Preset:
    """A recipe, and the network it is meant for."""

    model: str
    options: TrainOptions


_PAPER = TrainOptions(ten_crops=True)
_UNIT = TrainOptions(
    center="channel", scale="deviation", init="kaiming", schedule="onecycle", decay=5e-4
)

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "zeiler-fergus": Preset("nets:zfnet", _PAPER),
        "krizhevsky": Preset("nets:krizhevsky", replace(_PAPER, radius=0.0, decay=5e-4)),
        "cifar": Preset("nets:zf32", replace(_UNIT, epochs=40, rate=0.05, pad=4, resize=32)),
        "modern": Preset(
            "nets:zf64",
            replace(
                _UNIT, optimizer="adamw", rate=1e-3, decay=0.05, schedule="cosine", warmup=200,
                smoothing=0.1, radius=0.0,
            ),
        ),
        "photos": Preset(
            "bundled:photos",
            TrainOptions(
                epochs=120, batch=64, rate=0.02, decay=5e-4, schedule="cosine", warmup=100,
                init="kaiming", center="own", scale="own", photographs=True, turn=15.0,
                gray=0.1, contrast=0.3, brightness=0.3, tint=0.1, noise=0.1, radius=0.05,
                first_std=0.004, first_radius=0.05, first_rate=8.0, first_decay=0.002,
                whiten_first=True, checkpoints=(12,),
            ),
        ),
    }
)  # fmt: skip
"""By name."""


def preset(name: str, **changes: Any) -> TrainOptions:
    """The options of a preset, with changes.

    Raises:
        UsageError: there is none of that name, no such option, or a change that is no choice.

    >>> preset("cifar", epochs=4).pad
    4
    """
    return with_changes(found(name).options, changes)


def found(name: str) -> Preset:
    """The preset of a name.

    Raises:
        UsageError: there is none.
    """
    if name not in PRESETS:
        known = ", ".join(PRESETS)
        raise UsageError(
            f"No preset {name!r}. There are: {known}. {nearest(name, PRESETS)}".rstrip()
        )
    return PRESETS[name]


def with_changes(options: TrainOptions, changes: Mapping[str, Any]) -> TrainOptions:
    """Options with some fields changed.

    Raises:
        UsageError: no such field, with the nearest; or a value that is no choice.
    """
    known = list(TrainOptions.__dataclass_fields__)
    for name in changes:
        if name not in known:
            hint = nearest(name, known) or "convscope train --help lists them."
            raise UsageError(f"No option {name!r} of training. {hint}")
    return replace(options, **{name: _typed(name, value) for name, value in changes.items()})


def _typed(name: str, value: Any) -> Any:
    """A value of the field's kind: a file may say anything."""
    hint = get_type_hints(TrainOptions)[name]
    kinds = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    allowed = tuple({kind for each in kinds for kind in _KINDS[get_origin(each) or each]})
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise UsageError(f"{name} is {' or '.join(map(_words, kinds))}; not {value!r}.")
    return value


def _words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    return _WORDS[get_origin(kind) or kind]


_KINDS: dict[Any, tuple[type, ...]] = {
    int: (int,),
    float: (int, float),
    bool: (bool,),
    NoneType: (NoneType,),
    Literal: (str,),
    tuple: (tuple, list, str),  # of numbers, or as the command line has them: 1,2,5
}
_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    NoneType: "left out",
    tuple: "a list of whole numbers",
}
