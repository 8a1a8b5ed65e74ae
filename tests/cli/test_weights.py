from __future__ import annotations

from pathlib import Path

from PIL import Image

from convscope.results.file import load_result
from tests.cli.setting import Command

MODEL = "nets.py:net"


def test_every_layer_with_weights_gets_a_picture_and_a_result(run: Command, folder: Path) -> None:
    said = run("weights", MODEL, "--out", "filters", "--json").result
    assert [row["layer"] for row in said["layers"]] == ["0", "3", "7"]
    for row in said["layers"]:
        saved = load_result(folder / row["result"])
        assert list(saved.filters.shape) == row["shape"]
        assert len(row["norm"]) == len(row["noise"]) == row["shape"][0]
        with Image.open(folder / row["picture"]) as picture:
            assert picture.format == "PNG"


def test_layers_are_chosen_by_name_or_pattern_among_those_with_weights(run: Command) -> None:
    def chosen(*words: str) -> list[str]:
        said = run("weights", MODEL, "--out", "filters", "--json", *words).result
        return [row["layer"] for row in said["layers"]]

    assert chosen("--layers", "3") == ["3"]
    assert chosen("--layers", "[03]", "--layers", "7", "--scale", "common") == ["0", "3", "7"]
    assert (
        run("weights", MODEL, "--layers", "1", "--json")
        .error["message"]
        .startswith("1 (relu) has no weights of its own. Its channels come from 0")
    )
    assert "No layer with weights matches 'x*'" in run("weights", MODEL, "--layers", "x*").err


def test_people_read_sizes_norms_and_how_to_read_it(run: Command) -> None:
    said = run("weights", MODEL, "--layers", "0", "--out", "filters", "--no-effective")
    assert said.code == 0
    assert said.out.startswith("0: 4 filters of 3×3×3, norm ")
    assert "Does not show: Anything readable beyond the first layer." in said.out
