from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np

from convscope.results.caption import CAPTIONS
from convscope.results.file import load_result
from tests.results.made_inversion import made_inversion


def test_the_best_start_of_each_layer() -> None:
    error = np.array([[0.3, 0.2, 0.4], [np.nan] * 3, [np.nan, 0.5, 0.1]])
    assert made_inversion(3, 3, error=error).best.tolist() == [1, 0, 2]


def test_it_is_saved_whole(tmp_path: Path) -> None:
    made = made_inversion(note="Zero everywhere.")
    read = load_result(made.save(tmp_path / "one.safetensors"))
    for field in fields(made):
        one, other = getattr(made, field.name), getattr(read, field.name)
        is_same = np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other
        assert is_same, field.name
    assert read.caption == CAPTIONS["inversion"]._asdict()


def test_its_picture_is_a_png() -> None:
    assert made_inversion()._repr_png_().startswith(b"\x89PNG")
