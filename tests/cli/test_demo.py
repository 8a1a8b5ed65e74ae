from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convscope.experiments import demo
from convscope.render.report.options import Report
from tests.cli.setting import Command
from tests.render.made_health import health


def test_the_demo_is_one_function(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def made(out: Path, **given: Any) -> Report:
        asked.append((out, given["device"]))
        out.mkdir(parents=True, exist_ok=True)
        health().save(out / "health.safetensors")
        return Report(out / "report", True, 7, 9, (), 3_000_000)

    monkeypatch.setattr(demo, "demo", made)
    assert run("demo").out == (
        "7 channels, 3 MB.\nOpen demo/report/index.html\n"
        "Open demo/look/index.html: every look at one photograph, side by side\n"
        "Open demo/evolution/index.html: the same units at three checkpoints\n"
        f"Open demo/report/health.html: {health().headline}\n"
    )
    said = run("demo", "--out", "there", "--device", "cpu", "--json").result
    assert (said["path"], said["complete"], said["channels"]) == ("there/report", True, 7)
    assert asked == [(Path("demo"), "auto"), (Path("there"), "cpu")]
