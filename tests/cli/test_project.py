from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convscope.results.file import load_result
from tests.cli.setting import Command

MODEL = "nets.py:net"
PHOTO = "photos/a/0.png"


def test_directions_and_classes_are_projected_as_units_are(run: Command, folder: Path) -> None:
    unit, one = (
        run("project", MODEL, PHOTO, target, "--rule", "gradient", "--json").result
        for target in ("7:1", "class:1")
    )
    assert (one["target"], one["layer"], one["channel"]) == ("class 1", "7", 1)
    assert (one["value"], one["largest"]) == (unit["value"], unit["largest"])
    found = run("project", MODEL, PHOTO, "7:1-0.5*2", "--out", "made/d.png", "--json").result
    assert (found["target"], found["channel"]) == ("7:1-0.5*2", None)
    assert load_result(folder / "made/d.safetensors").name == "7:1-0.5*2"
    assert np.isfinite(found["value"])


@pytest.mark.parametrize("command", ["gradient", "heatmap", "occlude", "project"])
def test_a_cell_that_was_asked_for_is_named_once(run: Command, command: str) -> None:
    said = run(command, MODEL, PHOTO, "4:1@5,6", *(["--occluder", "8"] * (command == "occlude")))
    assert said.code == 0, said.err
    assert said.out.startswith("4:1@5,6")
    first = said.out.splitlines()[0]
    assert (first.count("5,6"), "in cell" in first) == (1, False)


def test_what_was_projected_is_named_for_people(run: Command) -> None:
    assert run("project", MODEL, PHOTO, "class:2").out.startswith("class 2 is ")
    assert run("project", MODEL, PHOTO, "7:0+2").out.startswith("7:0+2 is ")
    assert "No class '9'" in run("project", MODEL, PHOTO, "class:9").err
    whole = run("project", MODEL, PHOTO, "7:1", "--seed", "map").out
    assert whole.startswith("7:1, all cells together, is ")
