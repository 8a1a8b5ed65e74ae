"""Lists and ranges as sentences have them."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from convscope.render import words
from convscope.render.words import joined, with_range


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "a"], "a and b"),
    ],
)
def test_names_are_joined_as_a_sentence_has_them(names: list[str], said: str) -> None:
    assert joined(names) == said


def test_no_number_is_said_to_be_none_and_a_range_needs_two() -> None:
    assert with_range(np.array([np.nan])) == "no number"
    assert with_range(np.array([np.nan, 0.3])) == "30.0 %"
    assert with_range(np.array([0.1, 0.1])) == "10.0 % (10.0 to 10.0)"


def test_both_are_written_once() -> None:
    """They stood in three files and in two, each with an answer of its own."""
    room = Path(words.__file__).parent
    named = [
        (node.name, path.name)
        for path in room.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    ]
    assert [file for name, file in named if name == "joined"] == ["words.py"]
    assert [file for name, file in named if name == "with_range"] == ["words.py"]
