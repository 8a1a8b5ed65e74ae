from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import convscope
from convscope.methods.options.gradient import GradientOptions
from tests.cli.setting import Command

MODEL, PHOTO = "nets.py:net", "photos/a/0.png"
BROKEN = """
import torch
from nets import net

def broken():
    module, preprocessing = net()
    with torch.no_grad():
        module[0].weight[0, 0, 0, 0] = torch.nan
    return module, preprocessing
"""


def test_a_class_by_its_name(run: Command, folder: Path, classes: str) -> None:
    words = ("--classes", classes, "--kind", "guided", "--out", "made/one.png", "--json")
    said = run("gradient", MODEL, PHOTO, "class:tennis ball", *words)
    told = said.result
    assert (told["target"], told["layer"], told["channel"]) == ("tennis ball", "7", 2)
    assert told["provenance"]["options"]["kind"] == "guided"
    assert set(told["caption"]) == {"shows", "does_not_show", "easily_misread"}
    assert said.err == ""
    saved = convscope.load_result(folder / "made" / "one.safetensors")
    assert told["value"] == saved.value
    assert told["similarity"] == saved.similarity
    assert (folder / "made" / "one.png").read_bytes().startswith(b"\x89PNG")


def test_every_option_is_taken(run: Command, folder: Path) -> None:
    words = ["--kind", "integrated", "--steps", "5", "--baseline", "black", "--batch", "2"]
    words += ["--samples", "3", "--sigma", "0.1", "--seed", "4", "--no-sanity"]
    told = run("gradient", MODEL, PHOTO, "class:1", *words, "--json").result
    expected = GradientOptions("integrated", 3, 0.1, 5, "black", 4, False, 2)
    assert told["provenance"]["options"] == dataclasses.asdict(expected)
    assert told["completeness_gap"] is not None
    assert told["similarity"] is None


def test_the_same_for_people(run: Command) -> None:
    said = run("gradient", MODEL, PHOTO, "4:1+2", "--out", "made.png")
    assert said.code == 0
    assert said.out.startswith("4:1+2 is ")
    for sentence in ("Shows: ", "Does not show: ", "Easily misread: ", "made.png and made.safet"):
        assert sentence in said.out


@pytest.mark.parametrize(
    ("target", "said", "code"),
    [
        ("class:beagel", "No class 'beagel'. Nearest: beagle. They are numbered 0 to 2.", 2),
        ("class:3", "No class '3'.", 2),
        ("4:99", "Channel 99 is out of range: 4 has 6", 2),
        ("4", "4 is a whole layer", 2),
        ("4:1++2", "'4:1++2' is no address", 2),
    ],
)
def test_a_target_that_is_none(
    run: Command, classes: str, target: str, said: str, code: int
) -> None:
    ended = run("gradient", MODEL, PHOTO, target, "--classes", classes)
    assert said in ended.err
    assert ended.code == code
    assert ended.out == ""


def test_numbers_and_words_that_are_no_choice(run: Command) -> None:
    for words, said in (
        (["--steps", "0"], "steps is 0; it must be 1 or more"),
        (["--sigma", "-1"], "sigma is -1.0; it must be 0 or more"),
        (["--kind", "guidde"], "guidde"),
    ):
        ended = run("gradient", MODEL, PHOTO, "class:1", *words)
        assert said in ended.err
        assert ended.code == 2


def test_a_network_without_a_vector_of_scores(run: Command) -> None:
    ended = run("gradient", "nets.py:twice", PHOTO, "class:1")
    assert "not one vector of scores" in ended.err
    assert "--scores" in ended.err
    assert ended.code == 5


def test_what_is_not_finite(run: Command, folder: Path) -> None:
    (folder / "broken.py").write_text(BROKEN)
    ended = run("gradient", "broken.py:broken", PHOTO, "4:1")
    assert "4:1 is not finite on this image" in ended.err
    assert ended.code == 4
    np.save(folder / "nan.npy", np.full((24, 24, 3), np.nan, np.float32))
    assert run("gradient", MODEL, "nan.npy", "4:1").code == 4
