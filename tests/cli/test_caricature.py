from __future__ import annotations

from pathlib import Path

import pytest

import convscope
from tests.cli.setting import Command

MODEL, PHOTO = "nets.py:net", "photos/a/0.png"


def test_a_layer(run: Command, folder: Path) -> None:
    words = ("--steps", "8", "--out", "made/one.png", "--json")
    said = run("caricature", MODEL, PHOTO, "4", *words)
    told = said.result
    saved = convscope.load_result(folder / "made" / "one.safetensors")
    for name in ("layer", "cosine", "ratio", "along", "noise_cosine", "noise_ratio"):
        assert told[name] == getattr(saved, name), name
    assert told["cosine"] > told["noise_cosine"]
    assert set(told["caption"]) == {"shows", "does_not_show", "easily_misread"}
    assert said.err == ""
    assert (folder / "made" / "one.png").read_bytes().startswith(b"\x89PNG")


def test_every_option_is_taken(run: Command) -> None:
    words = ["--preset", "plain", "--power", "2", "--steps", "3", "--seed", "4"]
    told = run("caricature", MODEL, PHOTO, "3", *words, "--atlas", "atlas", "--json").result
    options = told["provenance"]["options"]
    assert {name: options[name] for name in ("preset", "power", "steps", "seed")} == {
        "preset": "plain", "power": 2, "steps": 3, "seed": 4,
    }  # fmt: skip
    assert options["recipe"]["parameterization"] == "pixels"
    assert told["provenance"]["spectrum_images"] == 8


def test_the_same_for_people(run: Command) -> None:
    said = run("caricature", MODEL, PHOTO, "4", "--steps", "4", "--out", "made.png")
    assert said.code == 0
    assert said.out.startswith("4: cosine with the photograph ")
    for sentence in (
        *("The noise it started from: cosine ", "Shows: ", "Does not show: "),
        *("Easily misread: ", "made.png and made.safetensors"),
    ):
        assert sentence in said.out


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("nowhere",), "No layer 'nowhere'", 2),
        (("4:2",), "4:2 is no whole layer", 2),
        (("class:1",), "class:1 is no whole layer", 2),
        (("4", "--power", "-1"), "power is -1.0; it must be 0 or more", 2),
        (("4", "--preset", "lucent"), "'lucent' is not one of 'auto', 'natural'", 2),
    ],
)
def test_what_cannot_be_is_told(run: Command, words: tuple[str, ...], said: str, code: int) -> None:
    ended = run("caricature", MODEL, PHOTO, *words, "--json")
    assert said in ended.error["message"]
    assert ended.code == code
