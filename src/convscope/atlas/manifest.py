"""``manifest.json``: what an atlas was made of and with, and the hash of each of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convscope.address import is_library
from convscope.atlas import store
from convscope.atlas.schema import FORMAT
from convscope.errors import AtlasError, CorruptError

NAME = "manifest.json"
_MAKE = "convscope atlas MODEL IMAGES --out FOLDER"


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as JSON gives them back: tuples as lists, keys as text.

    >>> plain({"size": (1, 2)})
    {'size': [1, 2]}
    """
    found: dict[str, Any] = json.loads(_text(values))
    return found


def sealed(values: Mapping[str, Any]) -> bytes:
    """The manifest's bytes, its own hash under ``self`` included.

    There is one spelling of a manifest, so that any changed byte is found, blanks too.
    """
    body = {name: value for name, value in values.items() if name != "self"}
    digest = hashlib.sha256(_text(body).encode()).hexdigest()
    return _text({**body, "self": digest}).encode()


def write(folder: Path, values: Mapping[str, Any]) -> None:
    """Publish: with this file the folder is an atlas."""
    store.write(folder / NAME, sealed(values))


def entry(path: Path) -> dict[str, Any]:
    """What the manifest says of one file."""
    return {"bytes": path.stat().st_size, "sha256": store.sha256(path)}


def is_whole(data: bytes) -> bool:
    """Whether these are the bytes of a manifest as it was sealed."""
    try:
        values = json.loads(data)
    except ValueError:
        return False
    return isinstance(values, dict) and sealed(values) == data


def read(folder: Path) -> dict[str, Any]:
    """Read and check a manifest.

    Raises:
        AtlasError: there is none, or its format is another version's.
        CorruptError: it is not as it was written.
    """
    path = folder / NAME
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise AtlasError(
            f"{folder} holds no atlas (no {NAME} in it). Make one with: {_MAKE}"
        ) from None
    values = _parsed(path, data)
    if values.get("format") != FORMAT:
        raise AtlasError(
            f"{folder} is an atlas of format {values.get('format')}, written by convscope "
            f"{values.get('versions', {}).get('convscope', '(unknown)')}; this one reads format "
            f"{FORMAT}. Make it again into a new folder: {_MAKE}"
        )
    if not is_whole(data):
        raise CorruptError(f"{path} is not as it was written. Make the atlas again: {_MAKE}")
    return values


def _parsed(path: Path, data: bytes) -> dict[str, Any]:
    try:
        values = json.loads(data)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise CorruptError(f"{path} is not as it was written. Make the atlas again: {_MAKE}")
    return values


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=1, sort_keys=True, allow_nan=False) + "\n"


def report_command(values: Mapping[str, Any], folder: Path | str) -> str:
    """The command that reports on an atlas; code of the user's own has to be trusted again.

    >>> report_command({"network": {"spec": "mine.py:net"}}, "a")
    'convscope report a --out report --trust'
    """
    spec = str(values.get("network", {}).get("spec", ""))
    trust = "" if is_library(spec) or not spec else " --trust"
    return f"convscope report {folder} --out report{trust}"
