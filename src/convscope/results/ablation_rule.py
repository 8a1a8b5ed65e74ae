"""When a variant is called worse or better than the whole network, and when it is not."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from convscope.results.ablation import Ablation, Floats

Z = 1.96
"""Standard errors that chance exceeds once in twenty times."""


LUCK = 0.05
"""Guessing does as well more often than this: then nothing was learnt yet."""


@dataclass(frozen=True)
class Verdict:
    """One variant beside the whole network."""

    mean: float
    """Points of error more, 0..1, over seeds; NaN where a training diverged."""
    margin: float
    """What the difference has to exceed, 0..1."""

    @property
    def word(self) -> str:
        """``worse``, ``better``, ``alike``: the difference is within the margin; or ``unknown``."""
        if not isfinite(self.mean):
            return "unknown"
        if abs(self.mean) <= self.margin:
            return "alike"
        return "worse" if self.mean > 0 else "better"


def verdicts(result: Ablation) -> tuple[Verdict, ...]:
    """Every variant by its held-out error, the whole network among them."""
    return tuple(_verdict(result.error, place, result.images) for place in _places(result))


def verdicts_on_train(result: Ablation) -> tuple[Verdict, ...]:
    """Every variant by its error on the training images."""
    return tuple(
        _verdict(result.train_error, place, result.train_images) for place in _places(result)
    )


def is_guessing(result: Ablation) -> bool:
    """Whether guessing explains all that the whole network answers right: then it learnt nothing.

    Source: the exact binomial test, one-sided, over the held-out images of all seeds together.

    >>> is_guessing.__name__
    'is_guessing'
    """
    from scipy.stats import binom

    known = result.error[0][np.isfinite(result.error[0])]
    right = round(float((1 - known).sum()) * result.images)
    if not len(known) or not result.images:
        return False
    return bool(binom.sf(right - 1, len(known) * result.images, 1 - result.guessing) >= LUCK)


def _places(result: Ablation) -> range:
    return range(len(result.names))


def _verdict(errors: Floats, place: int, images: int) -> Verdict:
    """The margin is the larger of chance and seeds.

    Chance: 1.96 standard errors of the difference of two shares, each of so many images and of all
    seeds; as if of different images, which is more than it is. Seeds: the range over seeds of the
    difference to the whole network.
    """
    whole, own = errors[0], errors[place]
    known = np.isfinite(whole) & np.isfinite(own)
    if not known.any():
        return Verdict(float("nan"), float("nan"))
    more = (own - whole)[known]
    spread = float(np.ptp(more)) if len(more) > 1 else 0.0
    shares = (float(whole[known].mean()), float(own[known].mean()))
    return Verdict(float(more.mean()), max(chance(*shares, images * len(more)), spread))


def chance(one: float, other: float, images: int) -> float:
    """How far two shares of so many images each differ by chance, once in twenty times at most.

    >>> round(chance(0.25, 0.25, 5000), 3)
    0.017
    """
    if not images:
        return float("inf")
    return Z * sqrt((one * (1 - one) + other * (1 - other)) / images)
