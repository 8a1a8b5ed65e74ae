"""``convscope check``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.cli.flags import Json
from convscope.cli.output import emit
from convscope.errors import CorruptError

if TYPE_CHECKING:
    from convscope.atlas.check import CheckReport

NAME = "check"
HELP = "Compare every byte of an atlas with the hashes in its manifest."


def run(
    atlas: Annotated[Path, typer.Argument(help="Folder of the atlas.")], json: Json = False
) -> None:
    """Check an atlas; exit code 7 if a byte is not as it was written."""
    from convscope.atlas.check import check

    report = check(atlas)

    if not report.ok:
        raise CorruptError(_found(atlas, report))

    def lines() -> Iterator[str]:
        yield f"{atlas} is as it was written: {report.files} files, every byte."

    emit(NAME, report, as_json=json, lines=lines)


def _found(atlas: Path, report: CheckReport) -> str:
    kinds = {"changed": report.changed, "missing": report.missing, "not of it": report.extra}
    said = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names)
    return f"{atlas} is not as it was written ({said}). {report.remedy}"
