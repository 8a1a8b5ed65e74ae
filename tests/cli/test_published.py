from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.setting import Command

MODEL = "nets.py:net"


@pytest.mark.parametrize("words", [["4:1"], ["4", "--figure", "keras-blog", "--kept", "4"]])
def test_a_figure_and_its_numbers(run: Command, folder: Path, words: list[str]) -> None:
    said = run("published", MODEL, *words, "--steps", "2", "--out", "one.png", "--json")
    assert said.err == ""
    assert (folder / "one.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder / "one.json").read_text()) == said.result["numbers"]


def test_the_same_for_people_and_what_goes_wrong(run: Command) -> None:
    assert "one.svg, and its numbers in one.json" in run(
        "published", MODEL, "4:1", "--steps", "1", "--out", "one.svg"
    ).out  # fmt: skip
    refused = run("published", MODEL, "4:1", "--out", "one.jpg")
    assert refused.code == 2
    assert "one.jpg" in refused.err
