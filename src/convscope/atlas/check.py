"""Compare every byte of an atlas with what its manifest names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convscope.atlas import lock, manifest, store


@dataclass(frozen=True)
class CheckReport:
    """What was found; all empty in a sound atlas."""

    path: Path
    files: int
    """Files that were looked at."""
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every file is there, none besides, and no byte differs."""
        return not (self.missing or self.extra or self.changed)


def check(folder: str | Path) -> CheckReport:
    """Hash every file of an atlas, the manifest too.

    Raises:
        AtlasError: there is no manifest, or it is another format's.
        StorageError: a file cannot be read.

    >>> check("photos.atlas").ok  # doctest: +SKIP
    True
    """
    path = Path(folder)
    if (path / manifest.NAME).is_file() and not manifest.is_whole(
        (path / manifest.NAME).read_bytes()
    ):
        return CheckReport(path, 1, (), (), (manifest.NAME,))
    named: dict[str, dict[str, Any]] = manifest.read(path)["files"]
    there = {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()}
    present = sorted(set(named) & there)
    return CheckReport(
        path,
        len(present) + 1,
        missing=tuple(sorted(set(named) - there)),
        extra=tuple(sorted(there - set(named) - {manifest.NAME, lock.NAME})),
        changed=tuple(name for name in present if _differs(path / name, named[name])),
    )


def _differs(path: Path, entry: dict[str, Any]) -> bool:
    found = {"bytes": path.stat().st_size, "sha256": store.sha256(path)}
    return found != entry
