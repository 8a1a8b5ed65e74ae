"""The page of an ablation opens from disk, whole, and its numbers are the result's."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from convscope.render.ablation.page import numbers, python, rows, write_ablation
from convscope.render.ablation.picture import ablation_canvas
from convscope.render.canvas import Words
from convscope.render.placeless import shareable
from tests.results.made_ablation import NAN, made_ablation, of_seeds


def test_everything_the_page_names_lies_beside_it(tmp_path: Path) -> None:
    page = write_ablation(made_ablation(), tmp_path, "convscope ablate x").read_text()
    made_ablation().save(tmp_path / "ablation.safetensors")
    for name in re.findall(r'(?:href|src)="([^"#:]+)"', page):
        assert (tmp_path / name).is_file(), name
    assert not re.search(r'\sstyle="|<script>', page)


def test_the_page_says_the_answer_the_rule_and_the_limits(tmp_path: Path) -> None:
    page = write_ablation(made_ablation(), tmp_path, "convscope ablate x").read_text()
    for said in (
        "The costliest change is fc=2048: 40.2 %, +1.8 points.",
        "learnt by heart",
        "One seed: how far another start",
        "convscope ablate x",
        "first five",
    ):
        assert said in page
    assert "first five" not in write_ablation(of_seeds([[0.2]]), tmp_path, "x").read_text()


def test_numbers_are_those_of_the_result_and_json_holds_them(tmp_path: Path) -> None:
    made = of_seeds([[0.25, 0.27], [NAN, 0.5]])
    write_ablation(made, tmp_path, "convscope ablate x")
    told = json.loads((tmp_path / "ablation.json").read_text())
    assert told == json.loads(json.dumps(numbers(made)))
    first, second = told["variants"]
    assert first["error"] == [0.25, 0.27]
    assert second["error"] == [None, 0.5]
    assert second["top5_error"] == [None, None]
    assert second["more"] == 0.23
    assert (first["verdict"], second["verdict"]) == ("", "worse")


def test_nothing_of_the_page_names_a_folder_of_this_machine(tmp_path: Path) -> None:
    made = made_ablation()
    own = "/home/me/nets.py:tiny"
    changed = replace(
        made,
        specs=(own, *made.specs[1:]),
        data='pets".parquet',
        provenance=made.provenance | {"options": {"model": own, "variants": (own,)}},
    )
    page = write_ablation(changed, tmp_path, "convscope ablate x")
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"/home/me" not in file.read_bytes(), file.name
    text = page.read_text(encoding="utf-8")
    assert text.count("nets.py:tiny") > 3
    words = [one.text for one in ablation_canvas(changed).parts if isinstance(one, Words)]
    assert words[0].startswith("nets.py:tiny on ")
    call = ast.parse(python(shareable(changed))).body[-1]
    assert isinstance(call, ast.Assign)
    assert "/home/me" not in ast.dump(call)


def test_rows_say_each_number_once() -> None:
    made = of_seeds([[0.25, 0.27], [0.3, 0.5]], seconds=np.array([[10.0, 20.0], [NAN, 4.0]]))
    first, second = rows(made)
    assert (first.error, first.more, first.verdict) == ("26.0 % (25.0 to 27.0)", "", "")
    assert (second.parameters, second.more, second.seconds) == ("2,000", "+14.0", "4 s")
    assert first.seconds == "15 s"
