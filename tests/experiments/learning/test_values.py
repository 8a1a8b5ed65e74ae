"""The numbers of a grid, each measured again from the networks themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convscope.errors import DataError
from convscope.experiments.learning.agreement import projections_alike, top_overlap
from convscope.experiments.learning.cka import cka
from convscope.experiments.learning.grid import Cell
from convscope.experiments.learning.layer_reading import Reading
from convscope.experiments.learning.one_training import Grid as Folder
from convscope.experiments.learning.read_probe import read_probe
from convscope.experiments.learning.readability import readability
from convscope.experiments.learning.values import _check_starts
from convscope.images.open import open_images
from convscope.results.learning import MEASURES, OF_NET, OF_PAIR, Learning
from tests.experiments.tiny_grid import MODEL, OPTIONS

Grid = tuple[Path, Learning, list[tuple[int, int, str]]]
LAST = Cell(48, 8, 0)


def folder(grid: Grid) -> Folder:
    return Folder(grid[0], MODEL, OPTIONS)


def labels(grid: Grid) -> np.ndarray:
    source = open_images(grid[0] / "data/probe.parquet")
    return np.array([grid[1].classes.index(str(source.label(i))) for i in range(len(source))])


def read(grid: Grid, cell: Cell, epoch: int | None = None) -> Reading:
    """Anew, from the weights on disk."""
    net = folder(grid).net(cell, epoch)
    return read_probe(net, np.stack([one.array for one in folder(grid).images(net)]), {})


@pytest.mark.parametrize("seed", [0, 1])
def test_the_floor_is_what_is_measured_of_the_network_at_epoch_0(grid: Grid, seed: int) -> None:
    found = grid[1]
    for place, layer in enumerate(read(grid, Cell(48, 8, seed), epoch=0).layers):
        for name, value in readability(layer, labels(grid)).items():
            assert np.array_equal(found.floor("start", name)[seed, place], value, equal_nan=True)


def test_the_other_floor_is_the_network_trained_on_shuffled_labels(grid: Grid) -> None:
    found = grid[1]
    for place, layer in enumerate(read(grid, Cell(48, 8, 1, is_shuffled=True)).layers):
        for name, value in readability(layer, labels(grid)).items():
            assert np.array_equal(found.floor("shuffled", name)[1, place], value, equal_nan=True)


def test_every_cell_holds_its_own_networks_numbers(grid: Grid) -> None:
    found = grid[1]
    for a, size in enumerate(OPTIONS.sizes):
        for b, epochs in enumerate(OPTIONS.epochs):
            for seed in (0, 1):
                reading = read(grid, Cell(size, epochs, seed))
                layer = reading.layers[1]
                values = readability(layer, labels(grid))
                own = [found.of(name)[a, b, seed, 1] for name in OF_NET]
                assert np.array_equal(own, [values[name] for name in OF_NET], equal_nan=True)
                right = np.mean(reading.answers == labels(grid))
                assert found.accuracy[a, b, seed] == right


def test_likeness_is_to_the_network_of_most_data_and_epochs_of_the_same_seed(grid: Grid) -> None:
    found = grid[1]
    known = found.of("cka")[-1, -1, :2]
    assert np.allclose(known[np.isfinite(known)], 1)
    assert np.isfinite(known).any()
    final, other = read(grid, Cell(48, 8, 1)), read(grid, Cell(24, 1, 1))
    expected = cka(other.layers[0].blocks, final.layers[0].blocks)
    assert found.of("cka")[0, 0, 1, 0] == pytest.approx(expected)


def test_agreement_is_between_the_two_seeds_and_fills_one_place(grid: Grid) -> None:
    found = grid[1]
    cells = LAST, Cell(48, 8, 1)
    nets = tuple(folder(grid).net(cell) for cell in cells)
    images = tuple(folder(grid).images(net) for net in nets)
    both = tuple(read(grid, cell).layers[0] for cell in cells)
    assert found.of("overlap")[1, 1, 0, 0] == pytest.approx(top_overlap(*both), nan_ok=True)
    alike = projections_alike(nets, both, images, OPTIONS.units)  # type: ignore[arg-type]
    assert found.of("projections")[1, 1, 0, 0] == pytest.approx(alike, nan_ok=True)
    for name in OF_PAIR:
        assert np.isnan(found.of(name)[:, :, 1]).all()
    assert found.values.shape == (len(MEASURES), 2, 2, 2, 4)


@pytest.mark.parametrize(
    ("floor", "is_shuffled", "epoch"), [("start", False, 0), ("shuffled", True, None)]
)
def test_floors_of_agreement_are_between_networks_that_know_nothing(
    grid: Grid, floor: str, is_shuffled: bool, epoch: int | None
) -> None:
    cells = [Cell(48, 8, seed, is_shuffled) for seed in (0, 1)]
    nets = tuple(folder(grid).net(cell, epoch) for cell in cells)
    images = tuple(folder(grid).images(net) for net in nets)
    layers = list(zip(*(read(grid, cell, epoch).layers for cell in cells), strict=True))
    alike = [projections_alike(nets, both, images, OPTIONS.units) for both in layers]  # type: ignore[arg-type]
    for name, values in (("overlap", [top_overlap(*both) for both in layers]),
                         ("projections", alike)):  # fmt: skip
        assert np.isfinite(values).any()
        np.testing.assert_allclose(grid[1].floor(floor, name)[0], values, rtol=1e-5)


def test_training_on_labels_is_better_than_on_shuffled_ones(grid: Grid) -> None:
    """Stripes are easy: if this fails, the floor is no floor."""
    found = grid[1]
    assert found.accuracy[-1, -1].mean() > found.floor_accuracy.mean(axis=1).max()
    assert found.chance == 1 / 3
    assert found.seconds.min() > 0


def test_networks_of_other_starts_are_not_compared() -> None:
    one, other = (Reading((), np.zeros(0, int), {"start": name}) for name in "ab")
    _check_starts([one], [one])
    with pytest.raises(DataError, match=r"began with different weights.*Give a new folder"):
        _check_starts([one], [one, other])
