"""Layer by layer: a bar a measure, and where its two floors lie on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import floor, isfinite, log10

import numpy as np
from numpy.typing import NDArray

from convscope.render.health.words import PATTERNS
from convscope.render.words import number, percent
from convscope.results.health import Health

FLOOR_WORDS = ("at its start", "shuffled")
"""The two floors of a verdict, in their order, as a page names them."""
NOTHING = "–"
"""Stands where a measure does not apply."""


@dataclass(frozen=True)
class Measure:
    """One column of the chart."""

    key: str
    """Its name in a verdict."""
    title: str
    says: str
    """What the number is."""
    least: float = 0.0
    """What a full bar stands for at least, so that little never looks like much."""
    words: Callable[[float], str] = percent


CHARTED = (
    Measure("prominence", "prominence",
            "largest singular value of the weights over that of a shuffle; a layer is judged by it",
            least=1.5, words=number),
    Measure("dead", "dead", "channels that fire on no image", least=1.0),
    Measure("firing", "firing", "cells that the median channel fires on", least=1.0),
    Measure("rank", "effective rank", "directions that the activations use, over the channels",
            least=0.5),
    Measure("noise", "filter noise", "1: as fine as white noise; 0: smooth", words=number),
)  # fmt: skip
"""The measures that have bars; the others stand in the table of numbers."""
TABLED = (
    Measure("structure", "structure",
            "energy of the weights that stands out of a shuffle of them"),
    Measure("weight_rank", "rank of the weights", "effective rank over that of a shuffle",
            words=number),
    Measure("structure_z", "structure, deviations", "of the largest singular value from shuffles",
            words=number),
    Measure("dispersion_z", "spread, deviations", "of the energy over filters, inputs and places",
            words=number),
    Measure("locality", "locality", "cells that carry the activation, median channel"),
    Measure("dominance", "dominance", "largest filter over the median", words=number),
    Measure("alias", "aliasing", "of what the median filter passes, finer than its stride holds"),
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A number with its floors, and their places along the bar, 0 to 1."""

    text: str
    says: str
    """For who cannot see the bar; empty where there is none."""
    bar: float | None
    floors: tuple[float | None, float | None]


@dataclass(frozen=True)
class LayerRow:
    """A layer of the chart."""

    name: str
    state: str
    cells: tuple[Cell, ...]

    @property
    def pattern(self) -> str:
        """In its weights."""
        return PATTERNS.get(self.state, self.state)


@dataclass(frozen=True)
class LayerChart:
    """All layers, from the first to the last."""

    columns: tuple[Measure, ...]
    tops: tuple[str, ...]
    """What a full bar of each column stands for, in words."""
    rows: tuple[LayerRow, ...]


def layer_chart(health: Health) -> LayerChart:
    """The measures of `CHARTED` that the verdict has, on a scale common to all layers."""
    columns = tuple(one for one in CHARTED if one.key in health.layer_measures)
    tops = [_top(health, one) for one in columns]
    rows = tuple(
        LayerRow(
            name,
            health.layer_states[place],
            tuple(_cell(health, one, top, place) for one, top in zip(columns, tops, strict=True)),
        )
        for place, name in enumerate(health.layers)
    )
    said = tuple(one.words(top) for one, top in zip(columns, tops, strict=True))
    return LayerChart(columns, said, rows)


def _top(health: Health, measure: Measure) -> float:
    """What a full bar stands for: the next round number above all."""
    values = [health.layer(measure.key), *_floors(health, measure.key)]
    found = np.concatenate(values)
    return rounded_up(float(found[np.isfinite(found)].max(initial=measure.least)))


_ROUND = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


def rounded_up(value: float) -> float:
    """The next round number.

    >>> rounded_up(0.31), rounded_up(0.5), rounded_up(1.01), rounded_up(34), rounded_up(0)
    (0.4, 0.5, 1.2, 40.0, 1.0)
    """
    if value <= 0:
        return 1.0
    step = 10.0 ** floor(log10(value))
    least = round(value / step, 9)
    return float(f"{next(one for one in _ROUND if one >= least) * step:.2g}")


def _floors(health: Health, key: str) -> NDArray[np.float64]:
    """(2, layers) of one measure."""
    return np.asarray(health.layer_floors[:, health.layer_measures.index(key)], np.float64)


def _cell(health: Health, measure: Measure, top: float, place: int) -> Cell:
    value = float(health.layer(measure.key)[place])
    floors = [float(one) for one in _floors(health, measure.key)[:, place]]
    known = isfinite(value)
    said = [f"{measure.title} {measure.words(value)}"] if known else []
    said += [
        f"{measure.words(one)} {name}"
        for one, name in zip(floors, FLOOR_WORDS, strict=True)
        if isfinite(one) and known
    ]
    low, high = (_along(one, top) if known else None for one in floors)
    text = measure.words(value) if known else NOTHING
    return Cell(text, ", ".join(said), _along(value, top), (low, high))


def _along(value: float, top: float) -> float | None:
    """Where on the bar a value lies; nowhere if it is no number."""
    return min(1.0, max(0.0, value / top)) if isfinite(value) else None


@dataclass(frozen=True)
class NumberRow:
    """A layer of the table of numbers: of each measure its value and its floors."""

    name: str
    values: tuple[tuple[str, str, str], ...]


def number_columns(health: Health) -> tuple[Measure, ...]:
    """Every measure of the verdict, those with bars first, those unknown here by their names."""
    known: Mapping[str, Measure] = {one.key: one for one in (*CHARTED, *TABLED)}
    keys = [*(key for key in known if key in health.layer_measures)]
    keys += [key for key in health.layer_measures if key not in known]
    return tuple(
        known.get(key, Measure(key, key.replace("_", " "), "", words=number)) for key in keys
    )


def number_rows(health: Health) -> tuple[NumberRow, ...]:
    """Every number of every layer, as words."""
    columns = number_columns(health)
    return tuple(
        NumberRow(name, tuple(_three(health, one, place) for one in columns))
        for place, name in enumerate(health.layers)
    )


def _three(health: Health, measure: Measure, place: int) -> tuple[str, str, str]:
    values = (health.layer(measure.key)[place], *_floors(health, measure.key)[:, place])
    first, second, third = (
        measure.words(float(one)) if isfinite(one) else NOTHING for one in values
    )
    return first, second, third
