from __future__ import annotations

from pathlib import Path

from PIL import Image

from convscope.results.file import load_result
from tests.cli.setting import Command

MODEL = "nets.py:net"


def test_every_layer_gets_a_picture_and_a_result(run: Command, folder: Path) -> None:
    said = run("activations", MODEL, "photos/a/0.png", "--out", "maps", "--json").result
    assert [row["layer"] for row in said["layers"]] == ["1", "4", "7"]
    for row in said["layers"]:
        saved = load_result(folder / row["result"])
        assert saved.layer == row["layer"]
        assert len(row["maximum"]) == len(row["fired"]) == row["channels"] == len(saved.maps)
        assert row["atlas_fired"] is None
        with Image.open(folder / row["picture"]) as picture:
            assert picture.format == "PNG"
    assert sorted(path.suffix for path in (folder / "maps").iterdir()) == [
        *[".png"] * 3,
        *[".safetensors"] * 3,
    ]
    assert set(said["caption"]) == {"shows", "does_not_show", "easily_misread"}


def test_an_atlas_and_drawing_options_are_taken(run: Command) -> None:
    assert run("atlas", "nets.py:other", "photos", "--out", "same", "--json").code == 0
    words = ("--layers", "4", "--out", "maps", "--scale", "own", "--gamma", "1", "--atlas", "same")
    (row,) = run("activations", "nets.py:other", "photos/a/0.png", *words, "--json").result[
        "layers"
    ]
    assert len(row["atlas_fired"]) == 6
    assert row["faint"] == []


def test_people_read_what_is_blank_and_how_to_read_it(run: Command) -> None:
    said = run("activations", MODEL, "photos/b/7.png", "--layers", "1", "--out", "maps")
    assert said.code == 0
    assert said.out.startswith("1: 4 of 24×24, above zero on ")
    assert "Easily misread: Black is silent here, not broken." in said.out


def test_a_signed_layer_among_others_has_its_own_sentences(run: Command) -> None:
    words = ("activations", MODEL, "photos/a/0.png", "--layers", "0", "--layers", "1", "--out", "m")
    told = run(*words, "--json").result
    black, dark = "Black is silent here", "Dark is below zero"
    signed, rectified = (row["caption"]["easily_misread"] for row in told["layers"])
    assert (signed.startswith(dark), rectified.startswith(black)) == (True, True)
    assert told["caption"] == told["layers"][0]["caption"]
    lines = run(*words).out.splitlines()
    of = [line for line in lines if line in ("0:", "1:") or line.startswith("Easily misread: ")]
    assert [line[:30] for line in of] == [
        *("0:", f"Easily misread: {dark}"[:30]), *("1:", f"Easily misread: {black}"[:30]),
    ]  # fmt: skip


def test_an_unknown_layer_and_a_wrong_scale_are_refused(run: Command) -> None:
    wrong = run("activations", MODEL, "photos/a/0.png", "--layers", "9x", "--json")
    assert wrong.error["kind"] == "AddressError"
    assert wrong.code == 2
    assert run("activations", MODEL, "photos/a/0.png", "--scale", "all").code == 2


def test_an_atlas_of_other_weights_is_refused(run: Command) -> None:
    said = run(
        "activations", "nets.py:other", "photos/a/0.png", "--atlas", "atlas", "--json", "--out", "m"
    )
    assert said.code == 4
    assert "other weights" in said.error["message"]
