"""A recipe by a preset's name, or from a TOML file: what ``convscope train`` is given."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convscope.errors import UsageError, nearest
from convscope.training.options import TrainOptions
from convscope.training.presets import PRESETS, Preset, found, with_changes

_OWN = ("preset", "model")


def read_config(given: str) -> Preset:
    """The network and options of a preset, or of a TOML file.

    A file has fields of ``TrainOptions``, and may name a ``preset`` that it begins from and a
    ``model``.

    Raises:
        UsageError: neither a preset nor a file; a field that there is not, with the nearest.

    >>> read_config("cifar").model
    'nets:zf32'
    """
    if given in PRESETS:
        return found(given)
    path = Path(given)
    if path.suffix.lower() != ".toml" or not path.is_file():
        beside = [file.name for file in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise UsageError(
            f"{given} is neither a preset nor a TOML file. Presets: {', '.join(PRESETS)}. "
            f"{nearest(given, [*PRESETS, *beside])}".rstrip()
        )
    return _recipe(path, _parsed(path))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} is no TOML that can be read: {error}.") from None


def _recipe(path: Path, said: Mapping[str, Any]) -> Preset:
    base = found(str(said["preset"])) if "preset" in said else Preset("", TrainOptions())
    model = str(said.get("model", base.model))
    if not model:
        raise UsageError(
            f'{path} names no network. Add model = "nets:zfnet", or a preset: {", ".join(PRESETS)}.'
        )
    changes = {name: value for name, value in said.items() if name not in _OWN}
    try:
        return Preset(model, with_changes(base.options, changes))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
