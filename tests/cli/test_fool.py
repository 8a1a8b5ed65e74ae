from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import convscope
from convscope.methods.options.fool import FoolOptions
from tests.cli.setting import Command

MODEL, PHOTO = "nets.py:net", "photos/a/0.png"
ROWS = ["before", "after", "rounded", "random"]


def test_away_from_what_the_network_answers(run: Command, folder: Path, classes: str) -> None:
    said = run("fool", MODEL, PHOTO, "--classes", classes, "--out", "made/one.png", "--json")
    told = said.result
    saved = convscope.load_result(folder / "made" / "one.safetensors")
    assert told["target"] == saved.target == saved.answer("before")
    assert (told["kind"], told["toward"], told["eps"], told["steps"]) == ("pgd", False, 8, 40)
    assert told["norms"] == saved.norms
    assert told["norms"]["linf"] == pytest.approx(8, abs=1e-4)
    assert set(told["norms"]) == set(told["norms_rounded"]) == {"linf", "l2", "mean"}
    assert list(told["probability"]) == list(told["top"]) == ROWS
    assert told["probability"]["after"] < told["probability"]["before"]
    assert told["probability"]["after"] == saved.probability("after")
    assert {name for _, name, _ in told["top"]["before"]} == {"beagle", "tabby", "tennis ball"}
    assert told["is_fooled"] == {row: saved.is_fooled(row) for row in ROWS[1:]}
    assert set(told["caption"]) == {"shows", "does_not_show", "easily_misread"}
    assert said.err == ""
    assert (folder / "made" / "one.png").read_bytes().startswith(b"\x89PNG")


def test_toward_a_class_and_every_option_is_taken(run: Command, classes: str) -> None:
    words = ["--kind", "pgd", "--eps", "5", "--steps", "7", "--step", "1.5", "--no-random-start"]
    words += ["--noise-steps", "9", "--noise-step", "3", "--sure", "0.9", "--seed", "4"]
    words += ["--classes", classes, "--json"]
    told = run("fool", MODEL, PHOTO, "class:tabby", *words).result
    expected = FoolOptions("pgd", 5, False, 7, 1.5, False, 9, 3, 0.9, 4)
    assert told["provenance"]["options"] == dataclasses.asdict(expected)
    assert (told["target"], told["toward"]) == ("tabby", True)
    left = run("fool", MODEL, PHOTO, "class:tabby", "--away", *words).result
    assert (left["target"], left["toward"]) == ("tabby", False)


def test_noise_takes_the_class_in_the_images_place(run: Command, folder: Path) -> None:
    words = ("--kind", "noise", "--noise-steps", "3", "--json")
    told = run("fool", MODEL, "class:2", *words, "--out", "made.png").result
    assert (told["kind"], told["toward"], told["provenance"]["image"]) == ("noise", True, None)
    assert convscope.load_result(folder / "made.safetensors").shown.shape == (24, 24, 3)
    ended = run("fool", MODEL, PHOTO, "class:2", *words[:2])
    assert ended.code == 2
    assert f"Noise begins from no image, so {PHOTO} has no place here" in ended.err
    assert "convscope fool MODEL class:2 --kind noise" in ended.err


def test_the_same_for_people(run: Command) -> None:
    said = run("fool", MODEL, PHOTO, "--kind", "fgsm", "--eps", "0", "--out", "made.png")
    assert said.code == 0
    assert said.out.startswith("Away from class ")
    for sentence in (
        "in one signed step", "With random signs of the same size instead: class ", "eps is 0: ",
        "Shows: ", "Does not show: ", "Easily misread: ", "made.png and made.safetensors",
    ):  # fmt: skip
        assert sentence in said.out
    assert said.out.count("eps is 0") == 1


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        ((PHOTO, "class:beagel"), "No class 'beagel'. Nearest: beagle.", 2),
        ((PHOTO, "class:3"), "No class '3'.", 2),
        ((PHOTO, "4:1"), "4:1 is no class. A network is fooled about a class", 2),
        (("class:3", "--kind", "noise"), "No class '3'.", 2),
        ((PHOTO, "--eps", "-1"), "eps is -1.0; it must be 0 or more", 2),
        ((PHOTO, "--eps", "300"), "eps is 300; it is in levels of 255", 2),
        ((PHOTO, "--steps", "0"), "steps is 0; it must be 1 or more", 2),
        ((PHOTO, "--kind", "pdg"), "pdg", 2),
        (("photos/none.png",), "photos/none.png", 4),
    ],
)
def test_what_is_no_choice(
    run: Command, classes: str, words: tuple[str, ...], said: str, code: int
) -> None:
    ended = run("fool", MODEL, *words, "--classes", classes)
    assert said in ended.err
    assert ended.code == code
    assert ended.out == ""


def test_a_network_without_a_vector_of_scores(run: Command) -> None:
    ended = run("fool", "nets.py:twice", PHOTO)
    assert "not one vector of scores" in ended.err
    assert ended.code == 5


def test_what_is_not_finite(run: Command, folder: Path) -> None:
    np.save(folder / "nan.npy", np.full((24, 24, 3), np.nan, np.float32))
    assert run("fool", MODEL, "nan.npy").code == 4


def test_nothing_that_is_read_is_written_over(run: Command, folder: Path) -> None:
    before = (folder / PHOTO).read_bytes()
    ended = run("fool", MODEL, PHOTO, "--out", PHOTO)
    assert ended.code == 2
    assert (folder / PHOTO).read_bytes() == before
