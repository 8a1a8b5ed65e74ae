"""The page of documentation, from a result."""

from __future__ import annotations

from dataclasses import replace

from convscope.render.learning import words
from convscope.render.learning.markdown import learning_markdown
from tests.render.learnings import learning


def test_every_sentence_of_the_page_is_there_with_its_numbers() -> None:
    made = learning(3)
    text = learning_markdown(made, "convscope learncurve pets.parquet", "images/one.png")
    assert "```sh\nconvscope learncurve pets.parquet\n```" in text
    for cell in words.cells(made):
        for one in cell.found:
            assert one.words in text
        assert f"| {cell.size:,} | {cell.epochs} | {cell.steps:,} | {cell.accuracy} |" in text
    for line in (*words.first_shown(made), *words.limits(made)):
        assert f"- {line}" in text
    assert words.next_words(made) in text
    assert words.chance_words(made) in text
    assert words.probe_words(made) in text
    assert f"** {words.met_words(made)}" in text.partition("##")[0]
    assert "images/one.png" in text


def test_tables_have_as_many_cells_in_every_row() -> None:
    made = replace(learning(), layers=("a|b", "relu2", "relu6"))
    rows = [line for line in learning_markdown(made, "", "").splitlines() if line.startswith("|")]
    counts = {line.replace("\\|", "").count("|") for line in rows}
    assert counts == {8, 6}  # the answer's and the doublings'
    assert len(rows) == 2 + 6 + 2 + 4


def test_a_grid_without_doublings_has_no_table_of_them() -> None:
    assert "What a doubling brought" not in learning_markdown(learning(1), "", "")
