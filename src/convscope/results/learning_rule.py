"""When a layer of a trained network shows something: the one rule, and how often chance meets it.

A measure of a layer shows something where its mean over seeds exceeds both floors' means by more
than the seeds differ: ``mean(v) - max(mean(start), mean(shuffled))`` is larger than the largest of
the three ranges ``max - min`` over seeds, and at least `LEAST`. A layer shows something where one
of its measures does.

Of many layers chance lets some meet the rule. Those that chance explains are told from the others
by how often it gives a margin of so many ranges: of a layer of a training the rarest measure, times
how many it has (Bonferroni), and of all layers of all trainings those of Benjamini & Hochberg 1995,
*Controlling the False Discovery Rate*, sec. 3.1. It is layers that are said to show something, so
it is layers that are tested.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache, cached_property
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.learning import FLOORS, OF_PAIR, Floats, Learning

DECIDING = ("smoothness", "purity", "probe", "overlap", "projections")
"""Measures that more of is better; the others are shown, and decide nothing: entropy is purity
seen from the other side, a share of dead or firing channels is neither good nor bad by itself, and
CKA is to a network of this same grid."""
LEAST = 0.01
"""A hundredth of a measure's range, a point of percent: less is no difference anybody could see,
however well seeds agree on it."""
WRONG = 0.05
"""Share of the layers said surely that chance may give, by expectation."""
DRAWS = 500_000
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
    """(D, A, B, L) how often, at most, seeds alone give as many ranges; NaN as above."""
    luck: Floats
    """(D, A, B, L) how often, at most, seeds alone meet the rule; NaN as above."""

    @property
    def shows(self) -> NDArray[np.bool_]:
        """(D, A, B, L) where the rule is met."""
        return np.asarray((self.margin > self.spread) & (self.margin >= LEAST))

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """(D, A, B, L) where there is anything to compare."""
        return np.asarray(np.isfinite(self.margin) & np.isfinite(self.spread))

    @property
    def layers(self) -> NDArray[np.bool_]:
        """(A, B, L) which layers show something by any measure."""
        return np.asarray(self.shows.any(axis=0))

    @property
    def asked(self) -> NDArray[np.int64]:
        """(A, B, L) how many measures of a layer could be compared."""
        return np.asarray(self.is_known.sum(axis=0))

    @cached_property
    def is_sure(self) -> NDArray[np.bool_]:
        """(A, B, L) which layers show something by more than chance among so many."""
        rarest = np.where(self.shows, self.chance, 1.0).min(axis=0) * self.asked
        return np.asarray(self.layers & (rarest <= likely(rarest[self.asked > 0])))

    @property
    def expected(self) -> float:
        """How many comparisons, at most, meet the rule where nothing but seeds differs."""
        return float(self.luck[self.is_known].sum())


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
    known = np.minimum(_known(cells, 3), _known(floors, 2).min(0)[:, None, None])
    chance, luck = (_chances(known, one) for one in (ratio, np.where(np.isnan(ratio), ratio, 1.0)))
    return Evidence(value, floor, margin, spread, chance, luck)


def by_chance(seeds: int, ratio: Any = 1.0, *, pairs: bool = False) -> Floats:
    """How often, at most, a margin is more than so many ranges where seeds are all that differs.

    The network's numbers are drawn from one normal distribution; its floors do not vary. That is
    the most that chance gives: floors that vary too, alike or not, widen the range by more than
    they move the margin.

    Args:
        seeds: how many.
        ratio: margins over the widest range; the rule asks for 1.
        pairs: whether every two seeds have a number: the sum of what each of them adds, so that
            pairs differ by less than as many seeds would.

    Returns:
        Shares in the shape of the ratios, never less than one draw; NaN where a ratio is; 1 where
        there are too few numbers to differ.

    >>> float(by_chance(2)), by_chance(3, np.array([1.0, 3.0, np.nan])).round(3).tolist()
    (0.147584, [0.041, 0.005, nan])
    >>> float(by_chance(3, pairs=True).round(2))
    0.12
    """
    asked = np.asarray(ratio, np.float64)
    if seeds < (3 if pairs else 2):
        return np.where(np.isnan(asked), np.nan, 1.0)
    drawn = _ratios(seeds, pairs)
    more = len(drawn) - np.searchsorted(drawn, asked, side="right")
    return np.where(np.isnan(asked), np.nan, np.maximum(more, 1) / len(drawn))


def least_ranges(seeds: int, measures: int) -> float:
    """How many ranges above its floors a layer must be, at least, to be told from chance.

    However many layers show something: fewer layers ask for more, and so do more measures.

    >>> round(least_ranges(2, 3), 1), round(least_ranges(3, 5), 1)
    (9.5, 2.1)
    """
    return max(1.0, float(np.quantile(_ratios(seeds, pairs=False), 1 - WRONG / measures)))


@cache
def _ratios(seeds: int, pairs: bool) -> Floats:
    """Margins over ranges of noise alone, ascending: half a Cauchy number of two seeds."""
    if seeds == 2:
        return np.asarray(np.tan(np.pi * ((np.arange(DRAWS) + 0.5) / DRAWS - 0.5)) / 2)
    drawn = np.random.default_rng(0).standard_normal((DRAWS, seeds))
    if pairs:
        one, other = np.triu_indices(seeds, 1)
        drawn = drawn[:, one] + drawn[:, other]
    return np.sort(drawn.mean(1) / np.ptp(drawn, axis=1))


def _chances(known: NDArray[np.int64], ratio: Floats) -> Floats:
    """`by_chance` of every comparison, by how many numbers it has: (D, A, B, L)."""
    found = np.full_like(ratio, np.nan)
    for place, name in enumerate(DECIDING):
        pairs = name in OF_PAIR
        for amount in np.unique(known[place]):
            at = known[place] == amount
            seeds = _seeds_of(int(amount)) if pairs else int(amount)
            found[place][at] = by_chance(seeds, ratio[place][at], pairs=pairs)
    return found


def _seeds_of(pairs: int) -> int:
    """Of how many seeds all pairs are at most so many: fewer seeds give chance more."""
    return (1 + isqrt(1 + 8 * pairs)) // 2


def _known(values: Floats, axis: int) -> NDArray[np.int64]:
    return np.asarray(np.isfinite(values).sum(axis=axis))


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
