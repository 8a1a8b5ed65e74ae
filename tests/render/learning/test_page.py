"""The page: a folder that opens from disk, every verdict beside its numbers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convscope.render.learning.page import entry, learning_site, tables, write_learning
from convscope.render.learning.words import limits
from convscope.results.learning import MEASURES
from convscope.results.learning_rule import DECIDING, evidence
from tests.render.learnings import learning


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_learning(
        learning(3), tmp_path_factory.mktemp("page"), "convscope learncurve a b", "run()"
    )


def test_the_page_answers_in_words(page: Path) -> None:
    text = re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))
    assert "With 400 images and 16 epochs (208 steps) relu1 shows something" in text
    assert "A layer shows something where one of its measures, on average over seeds" in text
    order = ["no network was trained on", "The floors are networks", "A layer shows something",
             "accuracy on the probe"]  # fmt: skip
    assert "The probe is 200 images that no network was trained on" in text
    assert sorted(order, key=text.index) == order  # each word is explained before it is used
    head = text[: text.index("The probe is")]
    assert not re.search(r"\bfloors?\b|\brule\b|\bprobe\b", head[head.index("relu1 shows") :])
    assert "What this does not show" in text
    assert "convscope learncurve a b" in text


def test_how_many_chance_gives_stands_in_the_head_of_the_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    head = text[text.index("<h1>") : text.index("<section")]
    assert re.search(r"\d+ of \d+ comparisons .* chance alone would give", head)
    assert "perhaps by chance" in text  # the rule's own words for what is not sure
    said = json.loads((page.parent / "learning.json").read_text())
    assert said["chance"] in head


def test_the_likeness_that_is_1_by_construction_is_said_beside_its_numbers(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    table = text[text.index("likeness to the final network, which decides nothing") :]
    assert "1.00 by construction" in table[: table.index("<table")]


def test_it_stands_alone_and_escapes_what_it_is_given(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(href|src)=\"(https?:|/)", text)
    assert not re.search(r" style=|<script>(?!<)", text)
    for name in re.findall(r"(?:href|src)=\"([^\"#]+)\"", text):
        assert name == "learning.safetensors" or (page.parent / name).is_file(), name
    assert "<pug>" not in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_nothing_of_the_page_names_a_folder_of_this_machine(tmp_path: Path) -> None:
    made = learning(3)
    provenance = made.provenance | {"network": "/home/me/nets.py:tiny"}
    own = replace(made, model="/home/me/nets.py:tiny", provenance=provenance)
    page = write_learning(own, tmp_path, "convscope learncurve a b", "run()")
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"/home/me" not in file.read_bytes(), file.name
    assert page.read_text(encoding="utf-8").count("nets.py:tiny") > 2
    assert not any("/home/me" in line for line in limits(own))


def test_marks_in_the_tables_are_the_rules(page: Path) -> None:
    made = learning(3)
    held = evidence(made)
    found = {table.key: table for table in tables(made)}
    assert set(found) == set(MEASURES)
    for place, name in enumerate(DECIDING):
        marks = [[one.shows for one in entries[2:]] for _, entries in found[name].rows]
        assert np.array(marks).T.reshape(2, 3, 3).tolist() == held.shows[place].tolist()
    assert not any(
        one.shows for name in ("cka", "dead") for _, row in found[name].rows for one in row
    )


def test_an_entry_is_a_mean_and_what_seeds_differ_by() -> None:
    assert entry("cka", np.array([0.25, 0.35, np.nan])) == type(entry("cka", np.array([])))(
        "0.30", "0.100", False
    )
    assert entry("probe", np.array([np.nan])).value == "–"


def test_the_numbers_are_all_there(page: Path) -> None:
    said = json.loads((page.parent / "learning.json").read_text())
    made = learning(3)
    assert said["measures"]["probe"][1][2][0] == pytest.approx(made.of("probe")[1, 2, 0].tolist())
    assert said["measures"]["smoothness"][0][0][0][2] is None
    assert len(said["answers"]) == 6


def test_on_a_narrow_window_every_number_of_the_answer_has_its_head_beside_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    table = text[text.index('<table class="answer">') :].partition("</table>")[0]
    heads = re.findall(r'<th scope="col">([^<]+)', table)
    row = table[table.index("<tbody>") :].partition("</tr>")[0]
    assert re.findall(r'data-head="([^"]+)"', row) == heads
    css = (page.parent / "static" / "learncurve.css").read_text()
    narrow = css[css.index("@media (max-width:719px)") :]
    assert ".answer td{display:block}" in narrow
    assert "attr(data-head)" in narrow


def test_the_figure_on_the_page_is_the_files(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    drawn = text[text.index('<svg class="learning"') :]
    inline = drawn[: drawn.index("</svg>")].count("<polyline")
    assert inline == (page.parent / "learning.svg").read_text().count("<polyline")
    assert inline > 100


def test_a_grid_without_a_second_seed_says_so() -> None:
    site = learning_site(learning(1, note="With one seed nobody knows."), "", "")
    assert site.gains == ()
    assert not any(one.shows for cell in site.cells for one in cell.found)
