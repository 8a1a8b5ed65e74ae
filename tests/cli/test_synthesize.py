from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convscope.results.file import load_result
from tests.cli.setting import Command

MODEL = "nets.py:net"
QUICK = ("--preset", "natural", "--steps", "3", "--starts", "1")


def test_channels_become_a_sheet_and_a_result(run: Command, folder: Path) -> None:
    said = run("synthesize", MODEL, "4:0..2", *QUICK, "--out", "made/sheet.png", "--json")
    assert said.err == ""
    assert (folder / "made/sheet.png").read_bytes().startswith(b"\x89PNG")
    saved = load_result(folder / "made/sheet.safetensors")
    found = said.result["pictures"]
    assert [one["name"] for one in found] == ["4:0", "4:1", "4:2"]
    assert np.allclose([one["value"] for one in found], saved.values)
    assert [one["best"] for one in found] == [None, None, None]


def test_an_atlas_scores_keeps_and_is_gone_on_with(run: Command, folder: Path) -> None:
    first = run("synthesize", MODEL, "4", *QUICK, "--atlas", "atlas", "--json").result
    assert any(one["score"] is not None for one in first["pictures"])
    again = run("synthesize", MODEL, "4:1", *QUICK, "--atlas", "atlas", "--json").result
    assert again["pictures"] == first["pictures"][1:2]
    assert run("check", "atlas").code == 0
    other = run("synthesize", MODEL, "4:1", *QUICK, "--lr", ".2", "--atlas", "atlas")
    assert other.code != 0
    assert "--replace" in other.err
    assert run(
        "synthesize", MODEL, "4:1", *QUICK, "--lr", ".2", "--atlas", "atlas", "--replace"
    ).code == 0  # fmt: skip


def test_the_same_for_people(run: Command) -> None:
    said = run("synthesize", MODEL, "class:1", *QUICK, "--atlas", "atlas")
    assert said.code == 0
    assert "reach the strongest photograph" in said.out
    for line in ("Shows: ", "Does not show: ", "Easily misread: ", "synthesis.png and synthesis.s"):
        assert line in said.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["4:99"], 2, "Channel 99 is out of range"),
        (["class:emu"], 2, "No class 'emu'"),
        (["4:3..1"], 2, "ends before it begins"),
        (["4", "--preset", "dream"], 2, "dream"),
        (["4", "--diversity", "1"], 2, "--starts 4 --keep all"),
        (["4", "--atlas", "gone"], 4, "gone"),
    ],
)
def test_what_goes_wrong(run: Command, words: list[str], code: int, said: str) -> None:
    found = run("synthesize", MODEL, *words)
    assert (found.code, said in found.err) == (code, True), found.err
