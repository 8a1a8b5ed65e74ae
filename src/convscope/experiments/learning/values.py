"""From the readings of a grid's networks to the numbers of its result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from convscope.errors import DataError
from convscope.experiments.learning.agreement import projections_alike, top_overlap
from convscope.experiments.learning.cka import Floats, gram_cka
from convscope.experiments.learning.grid import Cell, recipe
from convscope.experiments.learning.layer_reading import Reading
from convscope.experiments.learning.one_training import Grid
from convscope.experiments.learning.probe_images import Kept
from convscope.experiments.learning.readability import layer_gram, readability
from convscope.progress import Progress
from convscope.results.learning import MEASURES, Learning


@dataclass(frozen=True)
class State:
    """One network of each seed: those of a cell of the grid, or of a floor."""

    cells: tuple[Cell, ...]
    """One a seed."""
    epoch: int | None = None
    """None: after the last; 0: before the first step."""


def learning_of(grid: Grid, kept: Kept, images: str, progress: Progress) -> Learning:
    """Measure every network of a grid whose trainings are done."""
    options = grid.options
    seeds = range(options.seeds)
    states = [*_grid_states(grid), *_floor_states(grid)]
    final = [grid.reading(Cell(options.sizes[-1], options.epochs[-1], seed)) for seed in seeds]
    _check_starts(final, [grid.reading(cell) for one in states for cell in one.cells])
    grams = [[layer_gram(layer) for layer in one.layers] for one in final]
    made = []
    for done, state in enumerate(states):
        progress(done, len(states), "measuring networks")
        made.append(_measured(grid, state, kept, grams))
    progress(len(states), len(states), "measuring networks")
    shape = (len(options.sizes), len(options.epochs))
    cells, floors = np.stack(made[:-2]), np.stack(made[-2:])  # (A B, M, K, L), (2, M, K, L)
    right = _accuracies(grid, states, kept)
    facts = [[grid.reading(cell).facts for cell in state.cells] for state in states[:-2]]
    return Learning(
        sizes=np.array(options.sizes),
        epochs=np.array(options.epochs),
        seeds=np.array(seeds),
        steps=np.array([one[0]["step"] for one in facts]).reshape(shape),
        values=np.moveaxis(cells, 0, 1).reshape(len(MEASURES), *shape, *cells.shape[2:]),
        floors=floors,
        accuracy=right[:-2].reshape(*shape, -1),
        train_accuracy=_of(facts, "train_accuracy").reshape(*shape, -1),
        floor_accuracy=right[-2:],
        seconds=_of(facts, "seconds").reshape(*shape, -1),
        layers=tuple(one.name for one in final[0].layers),
        classes=kept.classes,
        chance=float(np.bincount(kept.labels).max() / len(kept.labels)),
        probe=len(kept.labels),
        floor_cell=(options.floor_size, options.floor_epochs),
        model=str(facts[0][0]["spec"]),
        images=Path(images).name,
        note=_note(grid, kept),
        provenance=_provenance(grid, final[0]),
    )


def _grid_states(grid: Grid) -> Iterator[State]:
    for size in grid.options.sizes:
        for epochs in grid.options.epochs:
            yield State(tuple(Cell(size, epochs, seed) for seed in range(grid.options.seeds)))


def _floor_states(grid: Grid) -> Iterator[State]:
    options, seeds = grid.options, range(grid.options.seeds)
    last = (options.sizes[-1], options.epochs[-1])
    yield State(tuple(Cell(*last, seed) for seed in seeds), epoch=0)
    floor = (options.floor_size, options.floor_epochs)
    yield State(tuple(Cell(*floor, seed, is_shuffled=True) for seed in seeds))


def _measured(grid: Grid, state: State, kept: Kept, final: list[list[Floats]]) -> Floats:
    """Every measure of one state, (M, K, L)."""
    readings = [grid.reading(cell, state.epoch) for cell in state.cells]
    pairs = list(combinations(range(len(readings)), 2))
    found = np.full((len(MEASURES), max(len(readings), len(pairs)), len(final[0])), np.nan)
    for seed, reading in enumerate(readings):
        for place, layer in enumerate(reading.layers):
            for name, value in readability(layer, kept.labels).items():
                found[MEASURES.index(name), seed, place] = value
            alike = gram_cka(layer_gram(layer), final[seed][place])
            found[MEASURES.index("cka"), seed, place] = alike
    for row, pair in enumerate(pairs):
        found[MEASURES.index("overlap"), row] = _overlaps(readings, pair)
        found[MEASURES.index("projections"), row] = _projections(grid, state, readings, pair)
    return found


def _overlaps(readings: list[Reading], pair: tuple[int, int]) -> list[float]:
    layers = zip(*(readings[seed].layers for seed in pair), strict=True)
    return [top_overlap(*both) for both in layers]


def _projections(
    grid: Grid, state: State, readings: list[Reading], pair: tuple[int, int]
) -> list[float]:
    if not grid.options.units:
        return [float("nan")] * len(readings[0].layers)
    first, second = (grid.net(state.cells[seed], state.epoch) for seed in pair)
    images = grid.images(first), grid.images(second)
    layers = zip(*(readings[seed].layers for seed in pair), strict=True)
    return [projections_alike((first, second), both, images, grid.options.units) for both in layers]


def _accuracies(grid: Grid, states: list[State], kept: Kept) -> Floats:
    """(states, S) share of the probe's images answered right."""
    return np.array([[np.mean(grid.reading(cell, state.epoch).answers == kept.labels)
                      for cell in state.cells] for state in states])  # fmt: skip


def _of(facts: list[list[Mapping[str, Any]]], name: str) -> Floats:
    return np.array([[one[name] for one in seeds] for seeds in facts], np.float64)


def _check_starts(final: list[Reading], readings: list[Reading]) -> None:
    """Every network of a seed began with the same weights, or nothing here can be compared."""
    known = {str(one.facts["start"]) for one in final}
    strange = {str(one.facts["start"]) for one in readings} - known
    if strange:
        raise DataError(
            "Networks of one seed began with different weights, as of another version of convscope "
            "or torch. Give a new folder (--out), so that all are trained by the same."
        )


def _note(grid: Grid, kept: Kept) -> str:
    parts = []
    if kept.unread:
        parts.append(f"{kept.unread:,} images could not be read and are left out.")
    if grid.options.seeds < 2:
        parts.append(
            "With one seed nobody knows how far seeds differ, so no layer is said to show "
            "anything. Give two or more (--seeds)."
        )
    return " ".join(parts)


def _provenance(grid: Grid, reading: Reading) -> dict[str, Any]:
    from convscope.net.provenance import versions

    last = Cell(grid.options.sizes[-1], grid.options.epochs[-1], 0)
    return {
        "method": "learncurve",
        "options": asdict(grid.options),
        "network": reading.facts["spec"],
        "weights": reading.facts["weights"],
        "training": asdict(recipe(grid.options, last)[1]),
        "versions": versions(),
    }
