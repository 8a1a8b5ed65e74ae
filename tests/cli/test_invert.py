from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from convscope.methods.options.invert import InvertOptions
from convscope.results.file import load_result
from tests.cli.setting import Command

MODEL, PHOTO = "nets.py:net", "photos/a/0.png"


def test_the_input_and_the_usual_layers(run: Command, folder: Path) -> None:
    said = run("invert", MODEL, PHOTO, "--steps", "20", "--out", "made/one.png", "--json")
    rows = said.result["layers"]
    assert said.err == ""
    assert [row["layer"] for row in rows] == ["input", "1", "4", "7"]
    saved = load_result(folder / "made" / "one.safetensors")
    assert [row["error"] for row in rows] == saved.error.tolist()
    assert [row["lr"] for row in rows] == saved.lr.tolist()
    assert [row["spread"] for row in rows] == [None] * 4
    assert saved.curve.shape == (4, 1, 20)
    assert (folder / "made" / "one.png").read_bytes().startswith(b"\x89PNG")
    assert set(said.result["caption"]) == {"shows", "does_not_show", "easily_misread"}


def test_every_option_is_taken(run: Command, folder: Path) -> None:
    words = ["--kind", "fourier", "--alpha", "4", "--beta", "1.5", "--range-weight", "0.5"]
    words += ["--variation-weight", "0", "--steps", "3", "--lr", "0.02", "--jitter", "1.5"]
    words += ["--starts", "2", "--seed", "4", "--batch", "1", "--layers", "[14]"]
    told = run("invert", MODEL, PHOTO, *words, "--layers", "input", "--json").result
    expected = InvertOptions("fourier", 4.0, 1.5, 0.5, 0.0, 3, 0.02, 1.5, 2, 4, 1)
    assert told["provenance"]["options"] == dataclasses.asdict(expected)
    assert [row["layer"] for row in told["layers"]] == ["input", "1", "4"]
    assert np.shape([row["error"] for row in told["layers"]]) == (3, 2)


def test_the_same_for_people(run: Command) -> None:
    said = run("invert", MODEL, PHOTO, "--layers", "input", "--layers", "1", "--starts", "2")
    assert said.code == 0
    first, second = said.out.splitlines()[:2]
    assert first == "input: error 0, the same pixels; error 0, the same pixels"
    assert second.startswith("1: error 0.")
    for words in ("Shows: ", "Does not show: ", "Easily misread: ", "invert.png and invert.safete"):
        assert words in said.out


def test_what_goes_wrong(run: Command) -> None:
    for words, code, said in (
        (["--layers", "conv9"], 2, "No layer 'conv9'"),
        (["--layers", "x*"], 2, "No layer matches 'x*'"),
        (["--kind", "lucid"], 2, "'lucid' is not one of"),
        (["--starts", "0"], 2, "starts is 0; it must be 1 or more"),
        (["--out", PHOTO], 2, "would write over"),
    ):
        found = run("invert", MODEL, PHOTO, *words)
        assert (found.code, said in found.err) == (code, True), (words, found.err)
