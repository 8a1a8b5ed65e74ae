"""``convscope learncurve``: two trainings of a second each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convscope.render.learning.words import met_words
from tests.cli.setting import Command
from tests.experiments.tiny_grid import pictures
from tests.render.learnings import learning

ASKED = (
    *("--model", "nets:zf28,width=0.1,fc=4,without=3+4+7", "--sizes", "8,12", "--epochs", "1"),
    *("--seeds", "1", "--batch", "8", "--probe", "24", "--units", "0"),
)

OPEN = (
    *("--model", "nets:zf28,width=0.1,fc=4,without=3+4+7", "--epochs", "1"),
    *("--seeds", "1", "--batch", "8", "--units", "0"),
)
GIVEN = ("--probe", "14", "--sizes", "7,31")


def test_it_answers_in_words_and_in_json(run: Command, tmp_path: Path) -> None:
    photos = pictures(tmp_path / "photos", each=15)
    ended = run("learncurve", str(photos), *ASKED, "--out", str(tmp_path / "curve"))
    assert ended.code == 0, ended.err
    assert "With 12 images and 1 epoch (2 steps) no layer shows anything yet." in ended.out
    assert "With one seed nobody knows how far seeds differ" in ended.out
    assert "Does not show:" in ended.out
    assert (tmp_path / "curve/index.html").is_file()
    ended = run("learncurve", str(photos), *ASKED, "--out", str(tmp_path / "curve"), "--json")
    said = json.loads(ended.out)
    assert said["command"] == "learncurve"
    assert said["result"]["sizes"] == [8, 12]
    assert len(said["result"]["answers"]) == 2
    assert Path(said["result"]["picture"]).read_bytes()[1:4] == b"PNG"


def test_without_numbers_it_fits_the_images_and_says_how_and_those_numbers_are_the_same_grid(
    run: Command, tmp_path: Path
) -> None:
    photos, out = pictures(tmp_path / "photos", each=15), str(tmp_path / "curve")
    ended = run("learncurve", str(photos), *OPEN, "--out", out)
    assert ended.code == 0, ended.err
    assert (
        "Chosen to fit these images: 14 images for the probe (--probe) and training sets of 7 and "
        "31 (--sizes)."
    ) in ended.out
    page = (tmp_path / "curve/index.html").read_text(encoding="utf-8")
    assert "Chosen to fit these images: 14 images for the probe" in page
    assert "--sizes 7,31 --epochs 1 --seeds 1 --batch 8 --probe 14" in page
    runs = {path: path.stat().st_mtime_ns for path in (tmp_path / "curve/readings").iterdir()}
    said = run("learncurve", str(photos), *OPEN, *GIVEN, "--out", out)
    assert said.code == 0, said.err
    assert "Chosen to fit" not in said.out
    assert {path: path.stat().st_mtime_ns for path in runs} == runs


def test_numbers_that_do_not_fit_are_refused_with_some_that_do(
    run: Command, tmp_path: Path
) -> None:
    photos = pictures(tmp_path / "photos", each=15)
    ended = run("learncurve", str(photos), "--probe", "45", "--out", str(tmp_path / "curve"))
    assert ended.code == 4
    assert (
        "too few for a probe of 45 and at least 3 to train on. --probe 14 --sizes 7,31 would do."
        in ended.err
    )
    assert not (tmp_path / "curve").exists()


def test_how_many_chance_gives_is_the_first_line(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any layer is said to show something, however many lines say that."""
    made = learning()
    monkeypatch.setattr(
        "convscope.experiments.learning.learncurve.learncurve", lambda *given, **more: made
    )
    ended = run("learncurve", "pets.parquet", "--out", str(tmp_path))
    assert ended.out.splitlines()[0] == met_words(made)
    ended = run("learncurve", "pets.parquet", "--out", str(tmp_path), "--json")
    assert json.loads(ended.out)["result"]["chance"] == met_words(made)


def test_words_that_are_no_numbers_are_refused(run: Command, tmp_path: Path) -> None:
    ended = run("learncurve", "bundled:photos", "--sizes", "few", "--out", str(tmp_path / "curve"))
    assert ended.code == 2
    assert "sizes are whole numbers, as in --sizes 200,1000,5000; not few" in ended.err
