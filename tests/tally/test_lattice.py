from __future__ import annotations

import numpy as np
import pytest

from convscope.tally.lattice import PICKED, lattices, phase, picks
from convscope.tally.plan import LATTICE, LayerPlan


@pytest.mark.parametrize(("height", "width"), [(1, 1), (12, 13), (55, 111), (300, 2)])
def test_every_cell_is_looked_at_once_in_a_round_of_phases(height: int, width: int) -> None:
    sy, sx = LayerPlan(1, height, width, False).strides()
    seen = np.zeros((height, width), int)
    for image in range(sy * sx):
        y, x = phase(image, (sy, sx))
        part = seen[y::sy, x::sx]
        assert part.shape[0] <= LATTICE
        assert part.shape[1] <= LATTICE
        part += 1
    assert (seen == 1).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 3), (13, 1), (12, 13), (55, 111)])
def test_picked_cells_are_few_distinct_and_lie_on_the_lattice(height: int, width: int) -> None:
    layer, images = LayerPlan(1, height, width, False), np.arange(5, 200)
    looked = lattices((height, width), layer.strides(), images)
    places = picks(looked, images)
    assert len(set(places.tolist())) == len(places) == np.minimum(looked.cells, PICKED).sum()
    image, cell = np.divmod(places, looked.shape[0] * looked.shape[1])
    row, column = np.divmod(cell, looked.shape[1])
    assert (np.diff(image) >= 0).all()
    assert (row < looked.rows[image]).all()
    assert (column < looked.columns[image]).all()


def test_what_is_picked_of_an_image_knows_nothing_of_its_neighbors() -> None:
    def picked(images: np.ndarray) -> np.ndarray:
        return picks(lattices((30, 41), (3, 4), images), images).reshape(-1, PICKED)

    together = picked(np.arange(40))
    for image in range(40):
        (alone,) = picked(np.array([image]))
        assert (together[image] - image * 10 * 11).tolist() == alone.tolist(), image


def test_every_cell_has_the_same_chance() -> None:
    images = np.arange(20_000)
    looked = lattices((12, 12), (1, 1), images)
    counts = np.bincount(picks(looked, images) % 144, minlength=144)
    expected = len(images) * PICKED / 144
    assert abs(counts - expected).max() < 0.02 * expected
