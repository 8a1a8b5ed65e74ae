"""Numbers as bars: plain rectangles that a template writes as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.render.words import percent

BINS = 24


@dataclass(frozen=True)
class Bar:
    """A rectangle in the chart's own pixels."""

    x: float
    y: float
    width: float
    height: float
    strong: bool


@dataclass(frozen=True)
class Chart:
    """Bars over an axis, a tick, and the sentence that says the same."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    tick: float | None
    says: str
    middle: str
    """Label under the axis."""
    rows: tuple[tuple[str, int], ...]
    """The numbers behind the bars."""


def bars(
    counts: NDArray[Any], strong: NDArray[Any], width: int, height: int, gap: float
) -> tuple[Bar, ...]:
    """Bars whose heights grow as the root of the counts, so that small ones are seen."""
    step = width / len(counts)
    tall = np.sqrt(counts / max(counts.max(initial=0), 1)) * height
    tall = np.where((counts > 0) & (tall < 1), 1, tall)
    return tuple(
        Bar(
            round(i * step, 2),
            round(height - high, 2),
            round(step - gap, 2),
            round(high, 2),
            bool(dark),
        )
        for i, (high, dark) in enumerate(zip(tall.tolist(), strong.tolist(), strict=True))
        if high > 0
    )


def activity(share: NDArray[Any], dead: NDArray[Any]) -> Chart:
    """Channels by the share of cells they fire on (136 wide); a bin with dead ones is dark."""
    bins = np.minimum((share * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    dark = np.bincount(bins[dead], minlength=BINS) > 0
    median = float(np.median(share)) if len(share) else 0.0
    rows = tuple(
        (f"{100 * i // BINS} to {100 * (i + 1) // BINS} %", int(n))
        for i, n in enumerate(counts)
        if n
    )
    said = (
        f"{len(share):,} channels by share of cells they fire on; half of them on less than "
        f"{percent(median)}."
    )
    return Chart(136, 29, bars(counts, dark, 136, 28, 1), 136 * median, said,
                 f"median {100 * median:.0f} %", rows)  # fmt: skip
