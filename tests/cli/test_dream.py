from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import convscope
from convscope.methods.options.dream import DreamOptions
from tests.cli.setting import Command

MODEL, PHOTO = "nets.py:net", "photos/a/0.png"
FEW = ("--steps", "2", "--octaves", "2")


@pytest.mark.parametrize(
    ("target", "channel", "measure"),
    [
        ("4", None, "half the mean square"),
        ("4:2", 2, "mean over its cells"),
        ("4:2@3,3", 2, "value in its cell"),
        ("4:1-0.5*3", None, "mean over its cells"),
        ("class:tabby", 1, "score"),
    ],
)
def test_every_kind_of_target(
    run: Command, folder: Path, classes: str, target: str, channel: int | None, measure: str
) -> None:
    words = (*FEW, "--classes", classes, "--out", "made/one.png", "--json")
    said = run("dream", MODEL, PHOTO, target, *words)
    told = said.result
    saved = convscope.load_result(folder / "made" / "one.safetensors")
    assert (told["channel"], told["measure"]) == (channel, measure)
    assert (told["target"], told["layer"]) == (saved.target, saved.layer)
    assert (told["before"], told["after"]) == (saved.before, saved.after)
    assert told["octaves"][-1] == [24, 24]
    assert set(told["caption"]) == {"shows", "does_not_show", "easily_misread"}
    assert said.err == ""
    assert (folder / "made" / "one.png").read_bytes().startswith(b"\x89PNG")


def test_every_option_is_taken(run: Command) -> None:
    words = ["--steps", "3", "--octaves", "2", "--octave-scale", "1.2", "--lr", "0.5"]
    told = run("dream", MODEL, PHOTO, "4", *words, "--jitter", "0.1", "--json").result
    expected = DreamOptions(3, 2, 1.2, 0.5, 0.1)
    assert told["provenance"]["options"] == dataclasses.asdict(expected)
    assert (told["steps"], told["octaves"]) == (3, [[20, 20], [24, 24]])


def test_no_steps_change_nothing(run: Command) -> None:
    told = run("dream", MODEL, PHOTO, "4", "--steps", "0", "--json").result
    assert told["change"] == 0
    assert told["before"] == told["after"]


def test_the_same_for_people(run: Command) -> None:
    said = run("dream", MODEL, PHOTO, "4", *FEW, "--out", "made.png")
    assert said.code == 0
    assert said.out.startswith("4, half the mean square: ")
    for sentence in (
        *(" on the photograph, ", "2 octaves of 2 steps, at 17 × 17, 24 × 24 px."),
        *("Shows: ", "Does not show: ", "Easily misread: ", "made.png and made.safetensors"),
    ):
        assert sentence in said.out


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("nowhere",), "No layer 'nowhere'", 2),
        (("4:9",), "Channel 9 is out of range: 4 has 6", 2),
        (("beagle",), "A class is written class:beagle", 2),
        (("class:beagel",), "No class 'beagel'. Nearest: beagle.", 2),
        (("4", "--octave-scale", "0.5"), "--octave-scale is 0.5; it must be 1 or more", 2),
        (("4", "--out", "made.jpg"), "no name for a picture", 2),
    ],
)
def test_what_cannot_be_is_told(
    run: Command, classes: str, words: tuple[str, ...], said: str, code: int
) -> None:
    ended = run("dream", MODEL, PHOTO, *words, "--classes", classes, "--json")
    assert said in ended.error["message"]
    assert ended.code == code
