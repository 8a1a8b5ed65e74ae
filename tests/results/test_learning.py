"""The result of a grid of trainings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from convscope.results.caption import CAPTIONS
from convscope.results.file import load_result
from convscope.results.learning import MEASURES
from tests.render.learnings import learning


def test_it_is_read_back_as_it_was_saved(tmp_path: Path) -> None:
    made = learning()
    found = load_result(made.save(tmp_path / "learning.safetensors"))
    assert found.layers == made.layers
    assert found.floor_cell == (400, 16)
    assert np.array_equal(found.values, made.values, equal_nan=True)
    assert found.shown.tolist() == [[100, 400, 1600], [400, 1600, 6400]]
    for name in MEASURES:
        assert np.array_equal(found.of(name), made.of(name), equal_nan=True)


def test_it_says_how_it_is_to_be_read_and_draws_itself() -> None:
    made = learning()
    assert made.caption == CAPTIONS["learning"]._asdict()
    assert made._repr_png_()[1:4] == b"PNG"
