"""Compare every byte of an atlas with the hashes in its manifest, and in files that hold theirs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convscope.atlas import lock, manifest, store, synthesis_file
from convscope.atlas.schema import SYNTHESIS


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

    @property
    def remedy(self) -> str:
        """What to do where it is not sound."""
        if self.missing or self.extra or not all(map(_is_drawn, self.changed)):
            return "Make it again with convscope atlas."
        return (
            "Remove what changed, and draw those pictures again: convscope synthesize MODEL LAYER "
            f"--atlas {self.path}"
        )


def check(folder: str | Path) -> CheckReport:
    """Hash every file of an atlas, the manifest and synthesized pictures too.

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
    there -= {name for name in there if _passes(name)}
    present = sorted(set(named) & there)
    drawn = sorted(name for name in there if _is_drawn(name))
    changed = [name for name in present if _differs(path / name, named[name])]
    changed += [name for name in drawn if not synthesis_file.is_whole(path / name)]
    return CheckReport(
        path,
        len(present) + len(drawn) + 1,
        missing=tuple(sorted(set(named) - there)),
        extra=tuple(sorted(there - set(named) - set(drawn) - {manifest.NAME})),
        changed=tuple(changed),
    )


def _is_drawn(name: str) -> bool:
    """Whether it is a file of synthesized pictures."""
    folder, _, file = name.rpartition("/")
    return folder == SYNTHESIS.folder and file.endswith(".parquet")


def _passes(name: str) -> bool:
    """Whether it is there only while, or because nobody could end that, something is written."""
    folder, _, file = name.rpartition("/")
    is_part = file.startswith(".") and file.endswith(".parquet.part")
    return name == lock.NAME or (folder == SYNTHESIS.folder and (is_part or file == lock.NAME))


def _differs(path: Path, entry: dict[str, Any]) -> bool:
    found = {"bytes": path.stat().st_size, "sha256": store.sha256(path)}
    return found != entry
