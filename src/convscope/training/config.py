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
        raise UsageError(f"{_no_recipe(given, path)} {_known(given, path)}")
    return _recipe(path, _parsed(path))


def _no_recipe(given: str, path: Path) -> str:
    """What it is instead, so that a word in another's place is seen."""
    if path.is_dir():
        return f"{given} is a folder. First comes the recipe, a preset or a TOML file, then images."
    if ":" in given:
        return f"{given} is no recipe. A network is given beside one, by --model {given}."
    if path.suffix.lower() == ".toml":
        return f"{given}: no such file."
    return f"{given} is neither a preset nor a TOML file."


def _known(given: str, path: Path) -> str:
    beside = [file.name for file in path.parent.glob("*.toml")] if path.parent.is_dir() else []
    near = nearest(given.lower(), [*PRESETS, *beside])
    return f"Presets: {', '.join(PRESETS)}. {near}".rstrip()


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} is no TOML that can be read: {error}.") from None


def _recipe(path: Path, said: Mapping[str, Any]) -> Preset:
    changes = {name: value for name, value in said.items() if name not in _OWN}
    try:
        _check_flat(said)
        base = found(str(said["preset"])) if "preset" in said else Preset("", TrainOptions())
        model = str(said.get("model", base.model))
        if not model:
            raise UsageError(
                f'It names no network. Add model = "nets:zfnet", or a preset: {", ".join(PRESETS)}.'
            )
        return Preset(model, with_changes(base.options, changes))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def _check_flat(said: Mapping[str, Any]) -> None:
    for name, value in said.items():
        if isinstance(value, dict):
            raise UsageError(f"Options stand by themselves, not in a table. Remove [{name}].")
