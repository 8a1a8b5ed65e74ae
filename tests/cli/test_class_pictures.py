from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import convscope
from tests.cli.setting import Command

MODEL = "nets.py:net"
FEW = ("--steps", "3")


def test_classes_by_name_key_and_number(run: Command, folder: Path, classes: str) -> None:
    words = (*FEW, "--classes", classes, "--out", "made/one.png", "--json")
    said = run("class-pictures", MODEL, "tennis ball", "n2", "0", *words)
    told = said.result
    saved = convscope.load_result(folder / "made" / "one.safetensors")
    assert [row["class"] for row in told["classes"]] == ["tennis ball", "tabby", "beagle"]
    assert [row["number"] for row in told["classes"]] == [2, 1, 0]
    assert told["link"] == "softmax"
    for i, row in enumerate(told["classes"]):
        for j, column in enumerate(("start", "by_score", "by_probability")):
            assert row[column]["score"] == saved.scores[i, j]
            assert row[column]["probability"] == saved.probabilities[i, j]
            assert row[column]["answer"] == saved.answers[i][j]
        assert row["best"] is None
        assert row["own_rise"] + row["others_fall"] == pytest.approx(
            saved.odds[i, 2] - saved.odds[i, 0]
        )
    assert set(told["caption"]) == {"shows", "does_not_show", "easily_misread"}
    assert said.err == ""
    assert (folder / "made" / "one.png").read_bytes().startswith(b"\x89PNG")


def test_every_option_is_taken(run: Command, folder: Path) -> None:
    words = ["--preset", "plain", "--steps", "3", "--seed", "4", "--batch", "1"]
    told = run("class-pictures", MODEL, "1", "2", *words, "--atlas", "atlas", "--json").result
    options = told["provenance"]["options"]
    assert {name: options[name] for name in ("preset", "steps", "seed", "batch")} == {
        "preset": "plain", "steps": 3, "seed": 4, "batch": 1,
    }  # fmt: skip
    assert options["recipe"]["steps"] == 3
    assert np.isfinite([row["best"] for row in told["classes"]]).all()
    assert told["provenance"]["spectrum_images"] == 8


def test_the_same_for_people(run: Command, classes: str) -> None:
    words = (*FEW, "--classes", classes, "--out", "made.png")
    said = run("class-pictures", MODEL, "tabby", "beagle", *words)
    assert said.code == 0
    assert said.out.startswith("tabby, noise: score ")
    for sentence in (
        *("beagle, noise: score ", "; by score: score ", "; by probability: score "),
        *("By probability ", " of 2 pass 99%.", "Shows: ", "Does not show: ", "Easily misread: "),
        "made.png and made.safetensors",
    ):
        assert sentence in said.out


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        ((), "Name the classes to draw, by name, key or number (0 to 2)", 2),
        (("beagel",), "No class 'beagel'. Nearest: beagle.", 2),
        (("9",), "They are numbered 0 to 2.", 2),
        (("tabby", "n2"), "A class is named twice: tabby, tabby. Name each once.", 2),
        (("tabby", "--preset", "lucent"), "'lucent' is not one of 'auto', 'natural'", 2),
    ],
)
def test_what_cannot_be_is_told(
    run: Command, classes: str, words: tuple[str, ...], said: str, code: int
) -> None:
    ended = run("class-pictures", MODEL, *words, "--classes", classes, "--json")
    assert said in ended.error["message"]
    assert ended.code == code


def test_a_network_without_scores_is_told(run: Command) -> None:
    ended = run("class-pictures", "nets.py:twice", "0", "--json")
    assert (ended.code, ended.error["kind"]) == (5, "ScoresError")
