from __future__ import annotations

import shlex
from pathlib import Path

from convscope.render.provenance import provenance
from convscope.render.report.command import figure_command, named
from convscope.render.report.options import ReportOptions
from tests.render.fake import FakeAtlas


def command(out: str = "rep", **options: object) -> str:
    atlas = FakeAtlas()
    atlas.manifest["network"] = {"spec": "nets:zfnet"}
    made = provenance(atlas, ReportOptions(**options))  # type: ignore[arg-type]
    return named(made, atlas, Path("/some/where") / out).command


def test_the_folder_is_the_users_and_no_other_is_named() -> None:
    assert command() == "convscope report sq.atlas --out rep"
    assert shlex.split(command("my rep"))[-1] == "my rep"


def test_what_changes_the_report_is_in_the_command() -> None:
    options = {"ranks": 4, "layers": ("a", "b"), "max_mb": 2.5, "evolution": "/home/e/index.html"}
    said = "convscope report sq.atlas --out rep --ranks 4 --max-mb 2.5 --layers a --layers b"
    assert command(**options) == said


def test_what_was_made_otherwise_keeps_its_own_command() -> None:
    assert command(command="convscope demo --out d") == "convscope demo --out d"
    made = provenance(FakeAtlas(), ReportOptions(command="convscope demo --out d"))
    assert figure_command(made, FakeAtlas()) == ""


def test_code_of_ones_own_is_trusted_again() -> None:
    atlas = FakeAtlas()
    atlas.manifest["network"] = {"spec": "mine.py:net"}
    made = provenance(atlas, ReportOptions())
    assert named(made, atlas, Path("rep")).command.endswith(" --out rep --trust")
    assert '(atlas, "rep", net=net)' in named(made, atlas, Path("rep")).python
    drawn = "convscope figure sq.atlas {layer} --out {file} --only {channel} --trust"
    assert figure_command(made, atlas) == drawn
