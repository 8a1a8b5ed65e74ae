from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from convscope.net.intake import load
from convscope.results.file import load_result
from tests.cli.setting import Command

MODEL, OTHER = "nets.py:net", "nets.py:other"


def test_a_figure_its_numbers_and_the_result(run: Command, folder: Path) -> None:
    said = run("compare", MODEL, OTHER, "photos", "--channels", "3", "--out", "two.png", "--json")
    assert said.err == ""
    assert (folder / "two.png").read_bytes().startswith(b"\x89PNG")
    numbers = json.loads((folder / "two.json").read_text())
    assert {key: said.result[key] for key in numbers} == numbers
    saved = load_result(folder / "two.safetensors")
    assert saved.images == said.result["images"] == 8
    assert [side["name"] for side in numbers["networks"]] == [MODEL, OTHER]
    assert len(numbers["networks"][0]["projections"]) == len(saved.a.drawn) <= 3


def test_people_read_both_columns_and_what_it_does_not_show(run: Command) -> None:
    said = run("compare", MODEL, "twin", "photos", "--sample", "4", "--out", "two.svg")
    assert said.code == 0
    line = next(line for line in said.out.splitlines() if line.startswith("  Filters  "))
    assert line.count("4 of 3 × 3, stride 1") == 2
    assert "\nFirst layer\n  Filters " in said.out
    assert "its twin" in said.out.splitlines()[0]
    assert "Does not show: Why they differ" in said.out
    assert "two.svg, its numbers in two.json, and two.safetensors" in said.out


def test_weights_are_of_the_first_unless_they_are_said_of_the_second(
    run: Command, folder: Path
) -> None:
    for seed in (1, 2):
        torch.manual_seed(seed)
        module = load(f"{folder}/nets.py:net", device="cpu").module
        torch.save(module.state_dict(), folder / f"{seed}.pt")
    one, two = (
        load(f"{folder}/nets.py:net", weights=folder / f"{seed}.pt", device="cpu").fingerprint()
        for seed in (1, 2)
    )
    words = (
        "compare",
        MODEL,
        MODEL,
        "photos",
        "--weights",
        "1.pt",
        "--b",
        "weights=2.pt",
        "--json",
    )
    assert run(*words).result["provenance"]["weights"] == [one, two]


def test_an_atlas_serves_both(run: Command, folder: Path) -> None:
    run("atlas", OTHER, "photos", "--out", "atlas-b")
    words = ("compare", OTHER, OTHER, "photos", "--atlas-a", "atlas-b", "--json")
    said = run(*words).result
    assert said["networks"][0]["dead"] == said["networks"][1]["dead"]
    wrong = run("compare", MODEL, OTHER, "photos", "--atlas-a", "atlas-b", "--json")
    assert wrong.error["exit_code"] == 4


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((MODEL, "nets.py:flat", "photos"), 5, "no convolution that reads the image"),
        ((MODEL, OTHER, "nowhere"), 4, "no such file or folder"),
        ((MODEL, OTHER, "photos", "--out", "two.jpg"), 2, "names no kind of figure"),
        ((MODEL, OTHER, "photos", "--b", "wieghts=2.pt"), 2, "Nearest: weights"),
        ((MODEL, "twin", "photos", "--b", "size=24"), 2, "nothing to say of it"),
        ((MODEL, OTHER, "photos", "--channels", "0"), 2, "channels is 0"),
    ],
)
def test_what_goes_wrong_is_said(
    run: Command, words: tuple[str, ...], code: int, message: str
) -> None:
    error = run("compare", *words, "--json").error
    assert error["exit_code"] == code
    assert message in error["message"]
