"""When a layer of a trained network shows something: the one rule, and how often chance meets it.

A measure of a layer shows something where its mean over seeds exceeds both floors' means by more
than the seeds differ: ``mean(v) - max(mean(start), mean(shuffled))`` is larger than the largest of
the three ranges ``max - min`` over seeds, and at least `LEAST`. A layer shows something where one
of its measures does.

Of many comparisons chance lets some meet the rule. Those that chance explains are told from the
others by how often it gives a margin of so many ranges: Benjamini & Hochberg 1995, *Controlling the
False Discovery Rate*, sec. 3.1, over all comparisons of a grid.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.learning import FLOORS, Floats, Learning

DECIDING = ("smoothness", "purity", "probe", "overlap", "projections")
"""Measures that more of is better; the others are shown, and decide nothing: entropy is purity
seen from the other side, a share of dead or firing channels is neither good nor bad by itself, and
CKA is to a network of this same grid."""
LEAST = 0.01
"""A hundredth of a measure's range, a point of percent: less is no difference anybody could see,
however well seeds agree on it."""
WRONG = 0.05
"""Share of what is said surely that chance may give, by expectation."""
DRAWS = 200_000
WRITTEN = 3
"""Digits of a share that are written, a tenth of a point: less is no difference."""


@dataclass(frozen=True)
class Evidence:
    """What the rule compares, for every deciding measure, size, number of epochs and layer."""

    value: Floats
    """(D, A, B, L) mean over seeds."""
    floor: Floats
    """(D, L) the higher of the two floors' means."""
    margin: Floats
    """(D, A, B, L) how far the value is above the floor."""
    spread: Floats
    """(D, A, B, L) how far seeds differ; NaN where there is one seed, or one pair of seeds."""
    chance: Floats
    """(D, A, B, L) how often seeds alone would give a margin of as many ranges; NaN as above."""

    @property
    def shows(self) -> NDArray[np.bool_]:
        """(D, A, B, L) where the rule is met."""
        return np.asarray((self.margin > self.spread) & (self.margin >= LEAST))

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """(D, A, B, L) where there is anything to compare."""
        return np.asarray(np.isfinite(self.margin) & np.isfinite(self.spread))

    @property
    def is_sure(self) -> NDArray[np.bool_]:
        """(D, A, B, L) where the rule is met by more than chance among so many comparisons."""
        return np.asarray(self.shows & (self.chance <= likely(self.chance[self.is_known])))

    @property
    def layers(self) -> NDArray[np.bool_]:
        """(A, B, L) which layers show something by any measure."""
        return np.asarray(self.shows.any(axis=0))


def evidence(learning: Learning) -> Evidence:
    """Hold every deciding measure to its floors.

    >>> evidence.__name__
    'evidence'
    """
    cells = np.stack([learning.of(name) for name in DECIDING])  # (D, A, B, K, L)
    floors = np.stack([[learning.floor(floor, name) for name in DECIDING] for floor in FLOORS])
    value = _quiet(np.nanmean, cells, 3)
    floor = _quiet(np.nanmax, _quiet(np.nanmean, floors, 2), 0)  # (D, L)
    ranges = [_range(cells, 3), *(_range(one, 1)[:, None, None] for one in floors)]
    spread = np.max(np.broadcast_arrays(*ranges), axis=0)
    margin = value - floor[:, None, None]
    ratio = margin / np.maximum(spread, LEAST)  # seeds that agree to a hair agree by accident
    return Evidence(value, floor, margin, spread, by_chance(len(learning.seeds), ratio))


def by_chance(seeds: int, ratio: Any = 1.0) -> Floats:
    """How often, at most, a margin is more than so many ranges where seeds are all that differs.

    Of numbers drawn from one normal distribution, so many for the network and for each floor.

    Args:
        seeds: how many.
        ratio: margins over the widest range; the rule asks for 1.

    Returns:
        Shares in the shape of the ratios, never less than one draw; NaN where a ratio is.

    >>> float(by_chance(2)), by_chance(3, np.array([1.0, 3.0, np.nan])).round(4).tolist()
    (0.02684, [0.0027, 0.0, nan])
    """
    asked = np.asarray(ratio, np.float64)
    if seeds < 2:
        return np.zeros_like(asked)
    drawn = _ratios(seeds)
    more = len(drawn) - np.searchsorted(drawn, asked, side="right")
    return np.where(np.isnan(asked), np.nan, np.maximum(more, 1) / len(drawn))


@cache
def _ratios(seeds: int) -> Floats:
    """Margins over ranges of noise alone, ascending."""
    drawn = np.random.default_rng(0).standard_normal((DRAWS, 3, seeds))
    means, widest = drawn.mean(2), np.ptp(drawn, axis=2).max(1)
    return np.sort((means[:, 0] - means[:, 1:].max(1)) / widest)


def likely(chances: Floats) -> float:
    """The largest of these shares up to which at most one in twenty is expected to be chance's.

    Below zero where there is none, so that nothing is at most it.

    >>> likely(np.array([0.5, 0.001, 0.02, 0.9])), likely(np.array([0.5, 0.03]))
    (0.02, -1.0)
    """
    ordered = np.sort(chances)
    held = ordered <= WRONG * np.arange(1, len(ordered) + 1) / max(len(ordered), 1)
    return float(ordered[held].max(initial=-1.0))


@dataclass(frozen=True)
class Doubling:
    """What doubling the data, or the epochs, brought last: both double the steps."""

    name: str
    """What was gained: ``accuracy``, or a layer's name for what a linear probe reads in it."""
    data: Floats
    """(S,) gain a doubling, from the second largest to the largest set, at the most epochs."""
    epochs: Floats
    """(S,) gain a doubling, from the second most to the most epochs, on the largest set."""

    @property
    def spread(self) -> float:
        """How far seeds differ in either."""
        return float(max(np.ptp(self.data), np.ptp(self.epochs)))

    @property
    def helps(self) -> tuple[str, ...]:
        """Those of ``data`` and ``epochs`` that brought more than seeds differ by, as written."""
        gains = (("data", self.data), ("epochs", self.epochs))
        apart = round(self.spread, WRITTEN)
        return tuple(name for name, gain in gains if round(float(gain.mean()), WRITTEN) > apart)

    @property
    def better(self) -> str:
        """``data``, ``epochs``, ``either`` where both help alike, ``neither`` brings anything."""
        if len(self.helps) < 2:
            return self.helps[0] if self.helps else "neither"
        more = round(float(self.data.mean() - self.epochs.mean()), WRITTEN)
        if abs(more) <= round(self.spread, WRITTEN):
            return "either"
        return "data" if more > 0 else "epochs"


def doublings(learning: Learning) -> tuple[Doubling, ...]:
    """The last gain of doubling data and epochs, in accuracy and in what a probe reads by layer.

    Empty where the grid has one size, one number of epochs, or one seed.
    """
    if min(len(learning.sizes), len(learning.epochs), len(learning.seeds)) < 2:
        return ()
    count = len(learning.seeds)
    probes = np.moveaxis(learning.of("probe")[:, :, :count], 3, 0)  # (L, A, B, S)
    named = zip(("accuracy", *learning.layers), (learning.accuracy, *probes), strict=True)
    return tuple(_doubling(learning, name, values) for name, values in named)


def _doubling(learning: Learning, name: str, values: Floats) -> Doubling:
    size, epoch = (
        float(np.log2(axis[-1] / axis[-2])) for axis in (learning.sizes, learning.epochs)
    )
    last = values[-1, -1]
    return Doubling(name, (last - values[-2, -1]) / size, (last - values[-1, -2]) / epoch)


def _range(values: Floats, axis: int) -> Floats:
    """How far numbers differ; NaN where fewer than two are known."""
    found = _quiet(np.nanmax, values, axis) - _quiet(np.nanmin, values, axis)
    return np.where(np.isfinite(values).sum(axis=axis) > 1, found, np.nan)


def _quiet(function: Any, values: Floats, axis: int) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of nothing but NaN: that is NaN
        return np.asarray(function(values, axis=axis))
