from __future__ import annotations

from pathlib import Path

import numpy as np

from convscope.results.file import load_result
from tests.cli.setting import Command

MODEL = "nets.py:net"


def test_a_folder_and_the_atlas_made_of_it_give_the_same(run: Command, folder: Path) -> None:
    said = run("ranks", MODEL, "photos", "4:1", "--out", "made/ranks.png", "--count", "2", "--json")
    found = said.result
    assert said.err == ""
    assert (folder / "made/ranks.png").read_bytes().startswith(b"\x89PNG")
    assert [one["group"] for one in found["shown"]] == [
        *["strongest"] * 2, *["median"] * 2, *["weakest"] * 2,
    ]  # fmt: skip
    values = [one["value"] for one in found["shown"]]
    assert values == sorted(values, reverse=True)
    assert (found["images"], found["left_out"], len(found["control_telling"])) == (8, 0, 20)
    saved = load_result(folder / "made/ranks.safetensors")
    assert np.allclose(saved.values, values)
    again = run("ranks", MODEL, "atlas", "4:1", "--count", "2", "--json").result
    assert again["shown"] == found["shown"]


def test_the_same_for_people(run: Command) -> None:
    said = run("ranks", MODEL, "photos", "class:1", "--no-control")
    assert said.code == 0
    assert said.out.startswith("Strongest: ")
    assert "Each group shows 2 of 8 images" in said.out
    for line in ("Shows: ", "Does not show: ", "Easily misread: ", "ranks.png and ranks.saf"):
        assert line in said.out


def test_what_goes_wrong(run: Command, folder: Path) -> None:
    (folder / "bad").mkdir()
    (folder / "bad" / "0.png").write_bytes(b"%PDF-1.7")
    for words, code, said in (
        (["photos", "4"], 2, "whole layer"),
        (["photos", "4:99"], 2, "Channel 99 is out of range"),
        (["gone", "4:1"], 4, "gone: no such file or folder"),
        (["bad", "4:1"], 4, "No image of bad gave a value of 4:1. The first: 0.png: begins like"),
        (["photos", "4:1", "--count", "0"], 2, "count is 0; it must be 1 or more"),
    ):
        found = run("ranks", MODEL, *words)
        assert (found.code, said in found.err) == (code, True), (words, found.err)


def test_one_picture_is_no_source_and_an_atlas_is(run: Command) -> None:
    said = run("ranks", MODEL, "photos/a/0.png", "4:1").err
    assert "is one image by its first bytes" in said
    assert said.endswith("An atlas's folder stands for its images.\n")
    trained = run("train", "cifar", "photos/a/0.png", "--out", "run").err
    assert trained.endswith("a Parquet file with image bytes, or bundled:photos.\n")
