from __future__ import annotations

import inspect
from pathlib import Path

import convscope
from docs._ext import inventory


def test_public_names_are_those_checked_in(root: Path) -> None:
    lines = (root / "tests" / "public_names.txt").read_text(encoding="utf-8").splitlines()
    checked_in = [line for line in lines if line and not line.startswith("#")]
    assert inventory.public_names() == checked_in


def test_each_public_name_exists_and_has_a_docstring() -> None:
    bare = [name for name in inventory.public_names() if not getattr(convscope, name).__doc__]
    assert bare == []


def test_no_public_function_has_the_name_of_a_room() -> None:
    taken = set(inventory.rooms()) & set(inventory.public_names())
    assert [name for name in taken if not inspect.ismodule(getattr(convscope, name))] == []
