from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import convscope
from convscope.methods.options.heatmap import HeatmapOptions
from tests.cli.setting import Command

MODEL, PHOTO = "nets.py:net", "photos/a/0.png"
BROKEN = """
import torch
from nets import net

def broken():
    module, preprocessing = net()
    with torch.no_grad():
        module[-1].weight[0] = torch.nan
    return module, preprocessing
"""


def test_a_class_by_its_name(run: Command, folder: Path, classes: str) -> None:
    words = ("--classes", classes, "--out", "made/one.png", "--json")
    said = run("heatmap", MODEL, PHOTO, "class:tennis ball", *words)
    told = said.result
    assert (told["target"], told["layer"], told["against"]) == ("tennis ball", "4", None)
    assert told["reason"].startswith("4, the last layer with cells in space before global average")
    assert set(told["caption"]) == {"shows", "does_not_show", "easily_misread"}
    assert said.err == ""
    saved = convscope.load_result(folder / "made" / "one.safetensors")
    assert told["value"] == saved.value
    assert np.allclose(told["map"], saved.map)
    assert told["similarity"] == saved.similarity
    assert (folder / "made" / "one.png").read_bytes().startswith(b"\x89PNG")


def test_every_option_is_taken(run: Command) -> None:
    words = ["--kind", "hirescam", "--layer", "1", "--against", "class:2", "--relu"]
    words += ["--no-sanity", "--seed", "4"]
    told = run("heatmap", MODEL, PHOTO, "class:1", *words, "--json").result
    expected = HeatmapOptions("hirescam", "1", "class:2", True, False, 4)
    assert told["provenance"]["options"] == dataclasses.asdict(expected)
    assert (told["against"], told["layer"], told["similarity"]) == ("class 2", "1", None)
    assert min(map(min, told["map"])) >= 0


def test_the_same_for_people(run: Command) -> None:
    said = run("heatmap", MODEL, PHOTO, "class:1", "--out", "made.png")
    assert said.code == 0
    assert said.out.startswith("class 1: score ")
    for sentence in (
        *("Read at 4, the last layer with cells in space", "Rank correlation with random weights"),
        *("Shows: ", "Does not show: ", "Easily misread: ", "made.png and made.safetensors"),
    ):
        assert sentence in said.out


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("class:beagel",), "No class 'beagel'. Nearest: beagle.", 2),
        (("class:3",), "No class '3'.", 2),
        (("class:1", "--layer", "7"), "7 has no cells in space", 2),
        (("class:1", "--layer", "9"), "No layer '9'", 2),
        (("class:1", "--kind", "fastai"), "one map for each class", 2),
        (("class:1", "--against", "class:1"), "against itself is zero everywhere", 2),
        (("4",), "4 is a whole layer", 2),
        (("1:0", "--kind", "cam"), "Use gradcam", 5),
        (("0:0",), "No layer with cells in space comes before 0", 2),
    ],
)
def test_what_cannot_be_is_told(
    run: Command, classes: str, words: tuple[str, ...], said: str, code: int
) -> None:
    ended = run("heatmap", MODEL, PHOTO, *words, "--classes", classes, "--json")
    assert said in ended.error["message"]
    assert ended.code == code


def test_no_scores_and_no_number_are_told(run: Command, folder: Path) -> None:
    ended = run(
        "heatmap", "nets.py:unsaid", PHOTO, "class:1", "--size", "24", "--mean", "0", "--std", "1"
    )
    assert ended.code == 5
    (folder / "broken.py").write_text(BROKEN)
    ended = run("heatmap", "broken.py:broken", PHOTO, "class:0", "--json")
    assert (ended.code, ended.error["kind"]) == (4, "DataError")
    maps = run("heatmap", "nets.py:twice", PHOTO, "class:0", "--json")
    assert (maps.code, maps.error["kind"]) == (5, "ScoresError")
    assert "Look at a unit: relu@2:2, or in one cell relu@2:2@12,12." in maps.error["message"]
    assert "Name the layer" not in maps.error["message"]
    unit = run("heatmap", "nets.py:twice", PHOTO, "relu@2:2@12,12", "--json")
    assert unit.result["target"] == "relu@2:2@12,12"
