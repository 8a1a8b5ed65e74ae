"""Why a map is blank: what was computed about it, as one word and one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Reason = tuple[int, str, str]
"""Channel, word, sentence."""


@dataclass(frozen=True)
class Before:
    """The highest value of each map before its rectifier."""

    value: NDArray[np.float32]
    """(C,); NaN where there is no rectifier."""
    cell: NDArray[np.int64]
    """(C, 2) its cell ``(y, x)``."""


@dataclass(frozen=True)
class Seen:
    """What an atlas knows of a layer's channels."""

    images: int
    status: NDArray[Any]
    """(C,) live, dead, constant or nonfinite."""
    fired_images: NDArray[np.float64]
    fired_cells: NDArray[np.float64]
    histogram: NDArray[np.int64]


def blanks(maps: NDArray[Any], signed: bool, before: Before, seen: Seen | None) -> Iterator[Reason]:
    """The channels of (C, h, w) with nothing to see, in their order, and why.

    >>> none = Before(np.full(2, np.nan, np.float32), np.full((2, 2), -1))
    >>> maps = np.stack([np.zeros((2, 2)), np.eye(2)])
    >>> list(blanks(maps, False, none, None))
    [(0, 'silent', 'Silent on this image: zero in every cell.')]
    """
    flat = maps.reshape(len(maps), -1)
    low, high = flat.min(axis=1), flat.max(axis=1)
    finite = np.isfinite(flat).all(axis=1)
    flat_map = (low == high) & (flat.shape[1] > 1)
    for channel in np.flatnonzero(~finite | flat_map | ((high <= 0) & (not signed))).tolist():
        if not finite[channel]:
            yield channel, "not finite", _not_finite(flat[channel])
        elif high[channel] <= 0 and not signed:
            yield channel, *_silent(channel, before, seen)
        else:
            yield channel, "constant", _constant(float(high[channel]))


def _silent(channel: int, before: Before, seen: Seen | None) -> tuple[str, str]:
    below = _below(channel, before)
    if seen is not None and seen.status[channel] == "dead":
        return "dead", (
            f"No image of {seen.images:,} fires it, nor does this one. Often a learning rate that "
            f"was too high. {below}".rstrip()
        )
    if seen is not None:
        share = float(seen.fired_images[channel])
        fires = f"Silent on this image. It fires on {_percent(share)} of the others."
        return "silent", f"{fires} {below}".rstrip()
    if below:
        return "below zero", below
    return "silent", "Silent on this image: zero in every cell."


def _below(channel: int, before: Before) -> str:
    value, (y, x) = float(before.value[channel]), before.cell[channel].tolist()
    if not np.isfinite(value):
        return ""
    if value == 0:
        return f"Zero before the rectifier already: nothing above it, highest 0 at cell ({y}, {x})."
    return f"Never above zero before the rectifier here: highest {said(value)} at cell ({y}, {x})."


def _constant(value: float) -> str:
    return f"Constant: {said(value)} in every cell, whatever the image shows there."


def _not_finite(values: NDArray[Any]) -> str:
    return (
        f"Not finite: {int((~np.isfinite(values)).sum()):,} of {values.size:,} cells are NaN or "
        "infinite. Look at the weights and at the preprocessing (mean and std)."
    )


def said(value: float) -> str:
    """A value with three figures that matter.

    >>> said(-3.14159), said(-2204.6)
    ('−3.14', '−2,205')
    """
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text.replace("-", "\u2212")


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "< 0.1 %"
    is_extreme = share < 0.1 or 0.99 < share < 1  # "100 %" of the others would be said too easily
    return f"{100 * share:.{1 if is_extreme else 0}f} %"
