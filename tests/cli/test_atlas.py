from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from convscope.atlas import lock
from tests.cli.setting import Command

MODEL = "nets.py:net"


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ("gone", "gone: no such file or folder"),
        ("empty", "empty"),
        ("nets.py", "nets.py: neither a folder nor Parquet"),
        ("bundled:photo", "nothing bundled has that name"),
    ],
)
def test_images_that_are_none(run: Command, folder: Path, images: str, said: str) -> None:
    (folder / "empty").mkdir()
    ended = run("atlas", MODEL, images, "--out", "new", "--json")
    assert ended.code == 4
    assert said in ended.error["message"]
    assert not (folder / "new").exists()


def test_images_none_of_which_can_be_read(run: Command, folder: Path) -> None:
    (folder / "bad").mkdir()
    for i in range(3):
        (folder / "bad" / f"{i}.png").write_text("no picture")
    ended = run("atlas", MODEL, "bad", "--out", "new")
    assert ended.code == 4
    assert "None of the 3 images" in ended.err
    assert "0.png" in ended.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read(run: Command, folder: Path) -> None:
    (folder / "photos").chmod(0)
    try:
        assert run("atlas", MODEL, "photos", "--out", "new").code == 4
    finally:
        (folder / "photos").chmod(0o755)


def test_images_that_cannot_be_read_are_listed_and_the_pass_goes_on(
    run: Command, folder: Path
) -> None:
    (folder / "photos" / "a" / "x.png").write_text("no picture")
    ended = run("atlas", MODEL, "photos", "--out", "new")
    assert ended.code == 0
    assert "1 of 9 images could not be used and are left out:\n  a/x.png: " in ended.out
    failed = run("atlas", MODEL, "photos", "--out", "new", "--json").result["failed"]
    assert [row["uri"] for row in failed] == ["a/x.png"]


def test_a_network_that_raises_on_some_images(run: Command, folder: Path) -> None:
    Image.new("RGB", (28, 28), "white").save(folder / "photos" / "a" / "white.png")
    ended = run("atlas", "nets.py:fussy", "photos", "--out", "new")
    assert ended.code == 0
    assert "seen through 8 images" in ended.out
    assert "1 of 9 images could not be used and are left out:\n  a/white.png: " in ended.out
    assert "ValueError: too bright" in ended.out


def test_a_network_that_raises_on_all(run: Command, folder: Path) -> None:
    ended = run("atlas", "nets.py:raising", "photos", "--out", "new")
    assert ended.code == 5
    assert "the forward is broken" in ended.err
    assert not (folder / "new").exists()


def test_an_activation_that_is_not_finite_is_named_and_the_pass_goes_on(run: Command) -> None:
    ended = run("atlas", "nets.py:unstable", "photos", "--out", "new")
    assert ended.code == 0
    assert "Not finite: relu on b/7.png (2,304 cells)" in ended.out
    assert "8 images" in ended.out
    (entry,) = run("atlas", "nets.py:unstable", "photos", "--out", "new", "--json").result[
        "nonfinite"
    ]
    assert (entry["layer"], entry["uri"], entry["cells"]) == ("relu", "b/7.png", 4 * 24 * 24)


def test_a_folder_that_holds_another_atlas_is_left_alone(run: Command, folder: Path) -> None:
    before = (folder / "atlas" / "manifest.json").read_bytes()
    ended = run("atlas", "nets.py:other", "photos", "--out", "atlas", "--json")
    assert ended.code == 4
    assert "holds an atlas made otherwise: other weights. Nothing" in ended.error["message"]
    assert "Nothing was changed" in ended.error["message"]
    assert (folder / "atlas" / "manifest.json").read_bytes() == before
    ended = run("atlas", MODEL, "photos", "--out", "photos")
    assert ended.code == 4
    assert "photos holds other things (a, b)" in ended.err


def test_a_folder_that_is_being_written_names_the_process(run: Command, folder: Path) -> None:
    (folder / "new").mkdir()
    with lock.locked(folder / "new"):
        ended = run("atlas", MODEL, "photos", "--out", "new", "--json")
    assert ended.code == 3
    assert ended.error["kind"] == "LockedError"
    assert f"being written by process {os.getpid()} on " in ended.error["message"]


def test_chosen_layers_and_flags_arrive(run: Command, folder: Path) -> None:
    from convscope.atlas.read import open_atlas

    words = ("--layers", "4", "--layers", "0", "--no-sampled", "--top", "3", "--batch", "6")
    assert run("atlas", MODEL, "photos", "--out", "new", *words, "--json").result["layers"] == 2
    made = open_atlas(folder / "new")
    assert [layer.name for layer in made.layers] == ["0", "4"]
    assert made.manifest["options"]["sampled"] is False
    assert made.manifest["options"]["batch"] == 8
    assert made.top("4").value.shape == (6, 3)


def test_a_flipped_byte_is_found(run: Command, folder: Path) -> None:
    path = folder / "atlas" / "top.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    ended = run("check", "atlas", "--json")
    assert ended.code == 7
    assert ended.error["kind"] == "CorruptError"
    assert "changed: top.parquet" in ended.error["message"]
    ended = run("report", "atlas", "--trust")
    assert ended.code == 7
    assert "top.parquet" in ended.err


def test_files_missing_and_files_of_others_are_found(run: Command, folder: Path) -> None:
    (folder / "atlas" / "units.parquet").unlink()
    (folder / "atlas" / "notes.txt").write_text("mine")
    ended = run("check", "atlas")
    assert ended.code == 7
    assert "missing: units.parquet; not of it: notes.txt" in ended.err


def test_images_that_moved_are_given(run: Command, folder: Path) -> None:
    run("atlas", MODEL, "photos", "--out", "new")
    shutil.move(folder / "photos", folder / "moved")
    ended = run("report", "new", "--trust", "--ranks", "1")
    assert ended.code == 4
    assert "photos: no such file or folder" in ended.err
    ended = run("report", "new", "--trust", "--ranks", "1", "--images", "moved")
    assert ended.code == 0, ended.err


def test_a_network_that_moved_is_given(run: Command, folder: Path) -> None:
    shutil.move(folder / "nets.py", folder / "moved.py")
    ended = run("figure", "atlas", "1", "--model", "moved.py:net")
    assert ended.code == 0, ended.err


def test_a_number_is_a_name_before_it_is_a_place_on_the_tape(run: Command, folder: Path) -> None:
    """In a Sequential, names are digits; they need not be the tape's."""
    words = ("--layers", "3", "--layers", "4")
    run("atlas", "nets.py:net", "photos", "--out", "new", *words)
    numbers = run("figure", "new", "4", "--trust", "--json").result["numbers"]
    assert numbers["layer"] == "4"


def test_images_that_changed_are_noticed(run: Command, folder: Path) -> None:
    run("atlas", MODEL, "photos", "--out", "new")
    for path in (folder / "photos" / "a").iterdir():
        Image.new("RGB", (28, 28), "red").save(path)
    ended = run("report", "new", "--trust")
    assert ended.code == 4
    assert "in the atlas: other weights, images or preprocessing" in ended.err
