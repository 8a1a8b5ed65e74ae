from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from convscope.errors import UsageError
from convscope.results.comparison import Side
from convscope.results.file import load_result
from tests.results.made_comparison import comparison, side


def same(one: Side, other: Side) -> bool:
    pairs = [(getattr(one, f.name), getattr(other, f.name)) for f in fields(Side)]
    return all(np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in pairs)


def test_two_sides_are_one_result_and_come_apart_again(tmp_path: Path) -> None:
    a, b = side(), side(20, 11, 4, images=30)
    made = comparison(a, b, note="said")
    assert made.images == 30
    again = load_result(made.save(tmp_path / "one.safetensors"))
    for found in (made, again):
        assert same(found.a, a)
        assert same(found.b, b)
        assert not same(found.a, found.b)
        assert found.note == "said"
    assert set(again.caption) == {"shows", "does_not_show", "easily_misread"}


def test_columns_are_found_by_name() -> None:
    one = side()
    assert one.measure("dominance").tolist() == [1, 1.25, 1.5, 1.75, 2, 2.25]
    assert one.of_drawn("channel").tolist() == [0, 1, 2]
    with pytest.raises(UsageError, match=r"No measure 'nois'. Nearest: noise.*dominance, noise"):
        one.measure("nois")


def test_the_dead_are_counted_by_layer_and_together() -> None:
    one = side()
    assert (one.dead("relu2"), one.dead("relu1"), one.dead()) == ((2, 9), (0, 6), (2, 15))
    assert one.dead("relu7") is None
    assert side(dead=[]).dead() is None
