"""What commands write beside what they read."""

from __future__ import annotations

from pathlib import Path

import pytest

from convscope.cli.result import placed
from convscope.errors import UsageError
from tests.cli.setting import Command

MODEL = "nets.py:net"
COMMANDS = ("gradient", "heatmap", "occlude", "project")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_photograph_is_not_written_over(run: Command, folder: Path, command: str) -> None:
    before = (folder / "photos/a/0.png").read_bytes()
    words = (MODEL, "photos/a/0.png", "class:0", "--out", "photos/a/0.png")
    said = run(command, *words)
    assert said.code == 2
    assert "would write over photos/a/0.png, which this command reads" in said.err
    assert (folder / "photos/a/0.png").read_bytes() == before


def test_weights_are_not_written_over(tmp_path: Path) -> None:
    weights = tmp_path / "mine.safetensors"
    weights.write_bytes(b"weights")
    with pytest.raises(UsageError, match=r"would write over .*mine\.safetensors"):
        placed(tmp_path / "mine.png", "photo.png", str(weights))
    assert placed(tmp_path / "other.png", "photo.png", str(weights)) == tmp_path / "other.png"
    assert placed(tmp_path / "other", None, 3) == tmp_path / "other.png"


def test_a_file_without_its_picture_is_no_earlier_run(run: Command, folder: Path) -> None:
    (folder / "config.json").write_text("{}")
    (folder / "other.safetensors").write_bytes(b"weights")
    for words in (
        ("look", MODEL, "photos/a/0.png", "--out", "page", "--figure", "config.svg"),
        ("figure", "atlas", "1", "--trust", "--out", "config.png"),
        ("gradient", MODEL, "photos/a/0.png", "class:0", "--out", "other.png"),
    ):
        said = run(*words)
        assert said.code == 2, words
        assert "is there without a picture, so it is no earlier run's" in said.err
    assert (folder / "config.json").read_text() == "{}"
    assert (folder / "other.safetensors").read_bytes() == b"weights"
    assert not (folder / "page").exists()


def test_a_figure_does_not_replace_its_photograph(run: Command, folder: Path) -> None:
    photo = folder / "photos/a/0.png"
    before = photo.read_bytes()
    said = run("look", MODEL, "photos/a/0.png", "--out", "page", "--figure", "photos/a/0.png")
    assert said.code == 2
    assert "--figure photos/a/0.png would write over photos/a/0.png" in said.err
    assert photo.read_bytes() == before


@pytest.mark.parametrize("name", ["x.svg", "x.jpg", "features.12", "."])
def test_a_name_that_is_no_png_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"is no name for a picture; give one that ends in \.png"):
        placed(tmp_path / name)


def test_occlusion_of_a_layer_without_space_is_named(run: Command) -> None:
    words = (MODEL, "photos/a/0.png", "class:0", "--layer", "7", "--occluder", "8")
    said = run("occlude", *words)
    assert said.code == 2
    assert "7 has no cells in space (one vector an image), so it has no map to sum" in said.err
