"""``convscope learncurve``: two trainings of a second each."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.setting import Command
from tests.experiments.tiny_grid import pictures

ASKED = (
    *("--model", "nets:zf28,width=0.1,fc=4,without=3+4+7", "--sizes", "8,12", "--epochs", "1"),
    *("--seeds", "1", "--batch", "8", "--probe", "24", "--units", "0"),
)


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


def test_words_that_are_no_numbers_are_refused(run: Command, tmp_path: Path) -> None:
    ended = run("learncurve", "bundled:photos", "--sizes", "few", "--out", str(tmp_path / "curve"))
    assert ended.code == 2
    assert "sizes are whole numbers, as in --sizes 200,1000,5000; not few" in ended.err
