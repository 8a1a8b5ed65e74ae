"""Whose a folder of trainings is: a mark says what they have in common, so that none are mixed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convscope.errors import StorageError, UsageError
from convscope.images.source import Source
from convscope.render.placeless import short_name
from convscope.storage import write_whole

_LATER = frozenset({"data", "some_images"})
"""What marks of earlier versions do not say: there it is not compared."""


@dataclass(frozen=True)
class Kind:
    """What a folder holds, as its messages call it."""

    noun: str
    """With its article: ``an ablation``."""
    grows: str
    """What may be added to it."""


def claim(path: Path, now: Mapping[str, Any], kind: Kind) -> None:
    """Make a folder this experiment's, or find that it is.

    Args:
        path: the mark in it.
        now: what all its trainings have in common, as JSON holds it.
        kind: how it is called.

    Raises:
        StorageError: it holds something else, or its mark cannot be read.
        UsageError: it holds another experiment; the message says what differs.
    """
    if not path.exists():
        _check_free(path.parent, kind)
        write_whole(path, json.dumps(now, indent=1).encode())
        return
    there = _read(path, kind)
    other = [
        f"{key} ({there.get(key)}, now {now[key]})"
        for key in now
        if there.get(key) != now[key] and not (key in _LATER and key not in there)
    ]
    if other:
        raise UsageError(
            f"{path.parent} holds another {kind.noun.partition(' ')[2]}, which differs in "
            f"{'; '.join(other)}. {kind.grows} may be added to it; for the rest name another "
            "folder (--out)."
        )


def data_identity(source: Source) -> dict[str, str]:
    """What tells one data set from another of the same labels: its name, and some of its images.

    Rows of a table have no names of their own, so the bytes of the first, the middle and the last
    image are hashed.
    """
    places = sorted({0, len(source) // 2, len(source) - 1}) if len(source) else []
    hashes = " ".join(source.record(place).sha256 for place in places)
    return {
        "data": Path(source.name).name,
        "some_images": hashlib.sha256(hashes.encode()).hexdigest()[:16],
    }


def named(spec: str) -> str:
    """A network without its folder, whose hash stands for it: two of one name are told apart.

    >>> named("nets:zf32"), named("/home/me/nets.py:tiny")
    ('nets:zf32', 'nets.py:tiny ee1392')
    """
    short = short_name(spec)
    return short if short == spec else f"{short} {hashlib.sha256(spec.encode()).hexdigest()[:6]}"


def _check_free(out: Path, kind: Kind) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StorageError(
            f"{out} holds other files, and {kind.noun} has a folder of its own. Name one that "
            "does not exist yet. Nothing in it was changed."
        )


def _read(path: Path, kind: Kind) -> dict[str, Any]:
    try:
        there = json.loads(path.read_bytes())
    except ValueError:
        there = None
    if not isinstance(there, dict):
        raise StorageError(
            f"{path} is torn, and it says what {kind.noun} consists of. Name another folder "
            "(--out), or put back a copy of that file. Nothing was changed."
        )
    return there
