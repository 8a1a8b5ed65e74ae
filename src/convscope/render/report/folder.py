"""The folder a report is written to: claimed, never taken from something else."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from convscope.errors import StorageError
from convscope.render.report.options import Report, ReportOptions
from convscope.render.report.scratch import Scratch
from convscope.storage import write_whole

WORK = ".work"
MARK = "report.json"
_DRAWING = ("ranks", "layers", "gain", "method")
"""Options that decide what the tiles look like; the others may differ when one goes on."""


def fingerprint(atlas: Any, options: ReportOptions, beside: str = "") -> str:
    """Twelve hex digits that differ where the report would.

    ``beside``: of what its pages show beside the atlas, as the doctor's verdict.
    """
    return _hashed([atlas.manifest, asdict(options), atlas.synthesized, beside])


def drawing(atlas: Any, options: ReportOptions) -> str:
    """The same of the tiles alone, which stay as they are where only the pages change."""
    chosen = asdict(options)
    return _hashed([atlas.manifest, {key: chosen[key] for key in _DRAWING}, {}])


def _hashed(values: list[Any]) -> str:
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def claim(atlas: Any, out: Path, options: ReportOptions) -> Scratch:
    """Take the folder for this report, or go on where an earlier run of it stopped.

    Raises:
        StorageError: something else is in the folder; nothing in it is touched.
    """
    scratch, mine = Scratch(out / WORK), drawing(atlas, options)
    if scratch.exists:
        _same(scratch.root / MARK, "drawing", mine, out)
        return scratch
    if out.exists() and any(out.iterdir()):
        _same(out / MARK, "drawing", mine, out)
    write_whole(scratch.root / MARK, json.dumps({"drawing": mine}).encode())
    return scratch


def finished_report(
    atlas: Any, out: Path, options: ReportOptions, beside: str = ""
) -> Report | None:
    """The finished report of exactly this kind, if the folder holds one."""
    said = _read(out / MARK)
    same = said.get("options") == fingerprint(atlas, options, beside) and said.get("complete")
    return _report(out, said) if same and not (out / WORK).exists() else None


def seal(atlas: Any, out: Path, options: ReportOptions, report: Report, beside: str = "") -> None:
    """Say in the folder what it holds; a complete report loses its work in progress."""
    said = {key: value for key, value in asdict(report).items() if key != "path"}
    said["drawing"] = drawing(atlas, options)
    said["options"] = fingerprint(atlas, options, beside)
    write_whole(out / MARK, json.dumps(said, indent=1).encode())
    if report.complete:
        # renamed first: a folder half removed must not pass for work in progress
        gone = out / f"{WORK}.gone"
        shutil.rmtree(gone, ignore_errors=True)
        os.replace(out / WORK, gone)
        shutil.rmtree(gone)


def _report(out: Path, said: dict[str, Any]) -> Report:
    kept = {key: said[key] for key in ("complete", "channels", "ranks", "bytes")}
    return Report(path=out, left_out=tuple(said["left_out"]), **kept)


def done_blocks(out: Path) -> frozenset[tuple[int, int]]:
    """Every (layer number, rank) that an earlier, stopped run into this folder has drawn.

    >>> done_blocks(Path("no such folder"))
    frozenset()
    """
    return Scratch(Path(out) / WORK).finished()


def _same(mark: Path, key: str, mine: str, out: Path) -> None:
    said = _read(mark)
    if said.get(key) == mine:
        return
    holds = "a report of another atlas or with other options" if said else "other files"
    raise StorageError(
        f"{out.name!r} holds {holds}, and a report is written into a folder of its own. Name a "
        "folder that does not exist yet, or delete this one first. Nothing in it was changed."
    )


def _read(mark: Path) -> dict[str, Any]:
    try:
        said = json.loads(mark.read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
