"""Curves of an evolution: small ones of each layer and measure, and the training's own record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.render.evolution.says import decimal
from convscope.render.plot import Plot, Series, plot
from convscope.render.words import number, percent

if TYPE_CHECKING:
    from convscope.results.evolution import Evolution

WIDTH, HEIGHT, PAD = 72, 24, 4
"""Of a small curve, and room for its dots."""
LINEAR = 30
"""Up to this epoch the slider is linear; beyond, by the root, so that early ones have room."""
APART = 0.035
"""Least share of the slider's length between two labels."""


@dataclass(frozen=True)
class Measure:
    """One column of the table of layers."""

    name: str
    says: str
    field: str
    is_likeness: bool = False
    """Whether it is told with two decimals, from 0 to 1; else as percent of the column's top."""


MEASURES = (
    Measure("projections", "cosine with the last checkpoint's", "similarity_last", True),
    Measure("nine images", "overlap with the last checkpoint's", "overlap_last", True),
    Measure("activations", "correlation with the last checkpoint's", "correlation_last", True),
    Measure("own number", "units matched with themselves in the last", "kept_last"),
    Measure("dead", "channels that never fire", "dead"),
    Measure("fires on", "cells, of the median channel", "firing"),
    Measure("filter noise", "0 smooth, about 1 random", "noise", True),
    Measure("structure", "of the weights, beyond a shuffle of them", "structure"),
)


@dataclass(frozen=True)
class Spark:
    """A layer's curve of one measure."""

    dots: tuple[tuple[float, float] | None, ...]
    """(x, y) of each checkpoint; None where nothing is known."""
    values: tuple[str, ...]
    """What the number there reads."""

    @property
    def points(self) -> str:
        """The known dots as SVG has them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in filter(None, self.dots))


@dataclass(frozen=True)
class Column:
    """One measure of every layer."""

    measure: Measure
    top: str
    """What the curves' full height is."""
    sparks: tuple[Spark, ...]


def columns_of(result: Evolution) -> tuple[Column, ...]:
    """The measures of which something is known."""
    known = [(one, getattr(result, one.field)) for one in MEASURES]
    return tuple(_column(result, one, rows) for one, rows in known if np.isfinite(rows).any())


def at_epochs(epochs: NDArray[Any]) -> tuple[float, ...]:
    """Where epochs lie on the slider, from 0 to 1.

    >>> at_epochs(np.array([0, 15, 30])), at_epochs(np.array([0, 25, 100]))
    ((0.0, 0.5, 1.0), (0.0, 0.5, 1.0))
    """
    scaled = np.sqrt(epochs) if epochs[-1] > LINEAR else np.asarray(epochs, np.float64)
    found: list[float] = ((scaled - scaled[0]) / (scaled[-1] - scaled[0])).tolist()
    return tuple(found)


def tick_labels(epochs: NDArray[Any]) -> tuple[tuple[float, str], ...]:
    """Where a checkpoint is, and its epoch; no label where it would touch the next.

    >>> tick_labels(np.array([0, 1, 100]))
    ((0.0, '0'), (0.1, '1'), (1.0, '100'))
    >>> [text for _, text in tick_labels(np.array([99, 100, 400]))]
    ['99', '', '400']
    """
    places, found, before = at_epochs(epochs), [], -1.0
    for place, epoch in zip(places, epochs.tolist(), strict=True):
        has_room = place - before >= APART and (place == 1 or 1 - place >= APART)
        found.append((place, f"{epoch:,}" if has_room else ""))
        before = place if has_room else before
    return tuple(found)


def history_plots(result: Evolution) -> tuple[Plot, ...]:
    """Loss and accuracy by epoch, of training and of what was held out, where they are recorded."""
    told = (("loss", "Loss", False), ("accuracy", "Accuracy", True))
    return tuple(found for name in told for found in _history(result, *name))


def _column(result: Evolution, measure: Measure, rows: NDArray[Any]) -> Column:
    most = float(np.nanmax(rows))
    top = max(1.0, most) if measure.is_likeness else most or 1.0
    said = decimal if measure.is_likeness else percent
    places = at_epochs(result.epochs)
    sparks = tuple(
        Spark(
            tuple(_dot(x, y / top) for x, y in zip(places, row, strict=True)),
            tuple(said(float(value)) if np.isfinite(value) else "" for value in row),
        )
        for row in rows
    )
    return Column(measure, said(top), sparks)


def _dot(x: float, y: float) -> tuple[float, float] | None:
    """Below zero lies on the axis: what is told there is chance."""
    if not np.isfinite(y):
        return None
    high = HEIGHT - 2 * PAD
    return PAD + (WIDTH - 2 * PAD) * x, PAD + high * (1 - min(max(y, 0.0), 1.0))


def _history(result: Evolution, name: str, said: str, is_share: bool) -> Iterator[Plot]:
    epochs = np.asarray(result.history.get("epoch", ()), np.float64)
    lines = list(_lines(result, epochs, name))
    if not lines:
        return
    values = np.concatenate([line.y for line in lines])
    most = max(float(values.max()), 1e-30)
    top = round_share(most) if is_share else most
    ticks = [(0.0, "0"), (top, percent(top) if is_share else number(top))]
    last = int(epochs.max())
    across = [(0.0, "0"), (1.0, f"{last:,}")]
    ends = ", ".join(f"{line.label} {_end(line, is_share)}" for line in lines)
    yield plot(lines, across, ticks, "epoch", said, f"{said} by epoch; at the end {ends}.")


def round_share(most: float) -> float:
    """Where an axis of shares ends: the next round one, all at most.

    >>> round_share(0.305), round_share(0.4), round_share(0.07), round_share(0.97)
    (0.4, 0.4, 0.1, 1.0)
    """
    return min((step / 10 for step in range(1, 11) if step / 10 >= most), default=1.0)


def _end(line: Series, is_share: bool) -> str:
    value = float(line.y[-1])
    return percent(value) if is_share else number(value)


def _lines(result: Evolution, epochs: NDArray[Any], name: str) -> Iterator[Series]:
    for part, label, dash in (("train", "training", (7, 4)), ("validation", "held out", ())):
        values = np.asarray(result.history.get(f"{part}_{name}", ()), np.float64)
        known = np.isfinite(values) if len(values) == len(epochs) else np.zeros(0, bool)
        if known.sum() > 1:
            drawn = part == "validation"
            yield Series(label, epochs[known] / epochs.max(), values[known], dash, is_strong=drawn)
