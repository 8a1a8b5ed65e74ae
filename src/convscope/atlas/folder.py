"""Whose the output folder is: nobody's, this pass's, or somebody else's, which is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convscope.atlas import identity, journal, lock, manifest, schema, store
from convscope.atlas.identity import MIXABLE
from convscope.atlas.options import AtlasOptions
from convscope.errors import AtlasError

_FILES = (manifest.NAME, *(table.file for table in schema.TABLES))
_TEMPORARY = frozenset(store.temporary(Path(name)).name for name in _FILES)


def refuse_foreign(folder: Path) -> None:
    """Raise unless the folder is new, empty, or holds only what a pass writes.

    Raises:
        AtlasError: it holds something else; the message says what.
    """
    if folder.exists() and not folder.is_dir():
        raise AtlasError(f"{folder} is a file. Give a new or empty folder; nothing was changed.")
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    names -= {lock.NAME, schema.SYNTHESIS.folder, *_TEMPORARY}
    begun = bool(names & {manifest.NAME, journal.FOLDER})
    foreign = names - {journal.FOLDER, *_FILES} if begun else names
    if foreign:
        raise AtlasError(
            f"{folder} holds other things ({', '.join(sorted(foreign)[:5])}); nothing was changed. "
            "Give a new or empty folder, or one where the same atlas was begun."
        )


def refuse_other(
    folder: Path, wanted: Mapping[str, Any], there: Mapping[str, Any], options: AtlasOptions
) -> list[str]:
    """Raise where the folder holds another pass; what differs and may is returned.

    Raises:
        AtlasError: inputs or options differ; the message says which.
    """
    found = identity.differences(there, wanted)
    allowed = MIXABLE if options.allow_mixed else frozenset()
    refused = [text for name, text in found if name not in allowed]
    if refused:
        mixable = {name for name, _ in found} <= MIXABLE
        hint = " To resume anyway, marked in the manifest, set allow_mixed." if mixable else ""
        raise AtlasError(
            f"{folder} holds an atlas made otherwise: {'; '.join(refused[:6])}. Nothing was "
            f"changed. Give another folder, or the same inputs and options.{hint}"
        )
    return [text for _, text in found]


def tidy(folder: Path) -> None:
    """Remove what a finished pass no longer needs."""
    store.remove(folder / journal.FOLDER)
    for name in _TEMPORARY:
        store.remove(folder / name)
