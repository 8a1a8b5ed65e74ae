"""A grid's result with planted numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from convscope.results.learning import FLOORS, MEASURES, OF_PAIR, Learning

LAYERS = ("relu1", "relu2", "relu6")


def learning(seeds: int = 2, **changes: Any) -> Learning:
    """Three layers: the first above its floors by far, the second by luck, the last not at all."""
    sizes, epochs = np.array([100, 400]), np.array([1, 4, 16])
    pairs = seeds * (seeds - 1) // 2
    shape = (len(MEASURES), 2, 3, max(seeds, pairs, 1), 3)
    values, floors = np.full(shape, np.nan), np.full((2, shape[0], *shape[3:]), np.nan)
    for place, name in enumerate(MEASURES):
        for k in range(pairs if name in OF_PAIR else seeds):
            for floor in range(len(FLOORS)):
                floors[floor, place, k] = 0.2 + 0.02 * floor + 0.01 * k
            for a in range(2):
                for b in range(3):
                    rise = 0.1 * (a + b)
                    values[place, a, b, k] = [0.2 + rise + 0.01 * k, 0.25 + 0.08 * k, 0.19]
    values[MEASURES.index("smoothness"), ..., 2] = np.nan
    floors[:, MEASURES.index("smoothness"), :, 2] = np.nan
    accuracy = np.array([[[0.2, 0.22], [0.3, 0.31], [0.35, 0.37]],
                         [[0.3, 0.31], [0.45, 0.46], [0.61, 0.63]]])  # fmt: skip
    accuracy = np.repeat(accuracy, 3, axis=2)[..., :seeds] if seeds != 2 else accuracy
    made = Learning(
        sizes=sizes,
        epochs=epochs,
        seeds=np.arange(seeds),
        steps=np.array([[4, 16, 64], [13, 52, 208]]),
        values=values,
        floors=floors,
        accuracy=accuracy,
        train_accuracy=np.minimum(accuracy + 0.1, 1),
        floor_accuracy=np.array([[0.1] * seeds, [0.11] * seeds]),
        seconds=np.full((2, 3, seeds), 30.0),
        layers=LAYERS,
        classes=("cat", "dog", "<pug>"),
        chance=0.34,
        probe=200,
        floor_cell=(400, 16),
        model="nets:zf32,classes=3",
        images="pets.parquet",
        note="",
        provenance={
            "options": {"preset": "cifar", "sizes": [100, 400]},
            "training": {"rate": 0.05, "seed": 0},
            "versions": {"torch": "2"},
        },
    )
    return replace(made, **changes)


def by_a_hair() -> Learning:
    """A grid of which one comparison meets the rule, by a hair: as many as chance gives."""
    made = learning()
    values = np.where(np.isfinite(made.values), 0.2 + np.zeros_like(made.values), np.nan)
    values[..., 1, :] += 0.05  # seeds differ by as much
    values[MEASURES.index("purity"), -1, -1, :, 1] += 0.072  # above the upper floor by 0.052
    floors = np.where(np.isfinite(made.floors), 0.2, np.nan)
    floors[:, :, 1] += 0.04
    return replace(made, values=values, floors=floors)
