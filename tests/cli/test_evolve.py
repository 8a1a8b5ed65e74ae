from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest

from convscope.images.photos import PhotoTiles
from convscope.results.file import load_result
from tests.cli.setting import Command

TWO = ("bundled:photos-early", "bundled:photos")
FEW = ("--layers", "relu1", "--units", "2", "--samples", "16")


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PhotoTiles, "__len__", lambda self: 12)


def test_it_writes_a_page_and_says_what_it_found(run: Command, folder: Path) -> None:
    said = run("evolve", *TWO, "bundled:photos", *FEW, "--out", "there")
    assert said.code == 0
    assert said.out.startswith("1 layer at 2 checkpoints, epochs 12 to 120")
    assert "Settled by projections" in said.out
    assert said.out.splitlines()[-1] == "Open there/index.html"
    assert (folder / "there/strip.svg").is_file()
    kept = sorted(one.name for one in (folder / "there/atlases").iterdir())
    assert kept == ["epoch-012", "epoch-120"]


def test_json_holds_the_numbers_of_every_layer(run: Command, folder: Path) -> None:
    result = run("evolve", *TWO, "photos", *FEW, "--json").result
    assert result["epochs"] == [12, 120]
    found = load_result(folder / result["result"])
    one = result["layers"]["relu1"]
    assert one["overlap"] == found.overlap_last[0].tolist()
    assert one["kept"] == found.kept[0].tolist()
    settled = int(found.settled()[0])
    assert one["settled"]["similarity"] == (None if settled < 0 else [12, 120][settled])
    assert np.isclose(result["jumps"], found.jumps.mean(axis=0)).all()
    assert result["page"] == "evolution/index.html"


def test_the_command_on_the_page_gives_the_same(run: Command, folder: Path) -> None:
    run("evolve", *TWO, "photos", *FEW, "--out", "one", "--seed", "2")
    page = (folder / "one/index.html").read_text(encoding="utf-8")
    command = page.split('id="page-command">')[1].split("<")[0]
    assert run(*shlex.split(command)[1:]).code == 0
    one, other = (load_result(folder / name / "evolution.safetensors")
                  for name in ("one", "evolution"))  # fmt: skip
    assert (one.projections == other.projections).all()
    assert (one.channel == other.channel).all()


@pytest.mark.parametrize(
    ("words", "code", "kind", "said"),
    [
        (("bundled:photos",), 2, "UsageError", "checkpoints and images, and was given"),
        (("bundled:photos", "photos"), 2, "UsageError", "there is one, bundled:photos"),
        (("photos", "photos"), 4, "RunError", "photos"),
        (("absent", "photos"), 4, "RunError", "absent"),
        ((*TWO, "absent"), 4, "SourceError", "no such file or folder"),
        ((*TWO, "photos", "--layers", "conv9"), 2, "AddressError", "conv9"),
        ((*TWO, "photos", "--epochs", "1"), 2, "UsageError", "for 2 checkpoints"),
        ((*TWO, "photos", "--weights", "a.pt"), 2, "UsageError", "weights themselves"),
        ((*TWO, "photos", "--out", "photos"), 7, "StorageError", "holds other files"),
    ],
)
def test_bad_input_is_named(
    run: Command, words: tuple[str, ...], code: int, kind: str, said: str
) -> None:
    ended = run("evolve", *words, "--json")
    assert (ended.code, ended.error["kind"]) == (code, kind)
    assert said in ended.error["message"]
