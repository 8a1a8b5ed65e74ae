from __future__ import annotations

from pathlib import Path

import numpy as np

from convscope.results.file import load_result
from tests.results.made_evolution import SIDES, evolution


def test_pictures_of_layers_of_other_sizes_lie_one_after_the_other() -> None:
    made = evolution()
    start = 0
    for unit, layer in enumerate(made.layer.tolist()):
        side = SIDES[layer]
        for column in range(3):
            size = 3 * side * side
            drawn = made.projections[start : start + size].reshape(3, side, side)
            patch = made.patches[start : start + size].reshape(side, side, 3)
            assert (made.projection(unit, column) == drawn).all()
            assert (made.patch(unit, column) == patch).all()
            start += size
    assert start == made.projections.size


def test_of_a_gray_network_projections_have_one_channel_and_patches_three() -> None:
    made = evolution()
    gray = evolution(projections=made.projections[: made.projections.size // 3])
    assert gray.projection(2, 2).shape == (1, 8, 8)
    assert gray.patch(2, 2).shape == (8, 8, 3)
    assert (gray.projection(2, 2).ravel() == gray.projections[-64:]).all()


def test_jumps_are_changes_of_the_image() -> None:
    assert evolution().jumps.tolist() == [[True, False], [False, True], [True, True]]


def test_layers_and_units_settle_by_either_likeness() -> None:
    made = evolution()
    assert made.settled().tolist() == [1, -1]
    assert made.settled("overlap").tolist() == [1, -1]
    assert made.unit_settled().tolist() == [1, 1, -1]
    assert evolution(alike=0.6).unit_settled("overlap").tolist() == [1, -1, -1]


def test_it_can_be_saved_and_loaded(tmp_path: Path) -> None:
    made = evolution()
    back = load_result(made.save(tmp_path / "one.safetensors"))
    assert back.layers == made.layers
    assert back.labels == made.labels
    assert (back.projection(2, 1) == made.projection(2, 1)).all()
    np.testing.assert_array_equal(back.values, made.values)
