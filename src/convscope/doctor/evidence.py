"""All that the verdict rests on, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from convscope.doctor.answers import Answered
from convscope.doctor.course import Course
from convscope.doctor.thresholds import THRESHOLDS
from convscope.results.finding import CERTAINTIES, Certainty

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """How well the images it was trained on are known, beside others."""

    trained: float
    """Accuracy on those it was trained on."""
    held_out: float
    """On others."""
    source: str
    """Where the two come from, in words."""
    course: Course | None = None
    """How its training went, where a run recorded it."""
    images: int = 0
    """Fewer of the two sets' images; 0: as many as are needed."""
    knew: bool = True
    """Whether it is right on more of what it was trained on than luck is."""

    @property
    def gap(self) -> float:
        """By how much it is better on what it was trained on."""
        return self.trained - self.held_out

    @property
    def is_certain(self) -> bool:
        """Whether so large a gap is more than chance between images: three standard errors."""
        mean = (self.trained + self.held_out) / 2
        error = sqrt(2 * mean * (1 - mean) / self.images) if self.images else 0.0
        return self.gap > 3 * error


@dataclass(frozen=True)
class First:
    """The convolution that reads the image."""

    layer: str
    kernel: int
    stride: int


@dataclass(frozen=True)
class Evidence:
    """Numbers of every layer and channel of one network on one set of images."""

    layers: tuple[str, ...]
    values: Mapping[str, Numbers]
    """(layers,) by measure; NaN where one does not apply."""
    floors: Mapping[str, Numbers]
    """(2, layers) by measure: of the network at its start, and shuffled."""
    weights: NDArray[np.int64]
    """(layers,) how many weights the layer's own op has; 0: it has none."""
    channels: NDArray[np.int64]
    """(layers,)."""
    kinds: Mapping[str, NDArray[np.bool_]]
    """(units,) by kind, the layers' channels one after the other."""
    images: int
    answered: Answered | None = None
    fit: Fit | None = None
    first: First | None = None
    broken: tuple[str, ...] = ()
    """Tensors of the network that hold what is no number."""
    missing: tuple[str, ...] = ()
    """What could not be measured, and why: sentences."""
    dead_at_start: Numbers | None = None
    """(layers,) share that was silent at its own start, on fewer images: at most so much was."""

    @property
    def course(self) -> Course | None:
        """How its training went, where a run recorded it."""
        return None if self.fit is None else self.fit.course

    @property
    def starts(self) -> NDArray[np.int64]:
        """First unit of every layer."""
        return np.concatenate([[0], np.cumsum(self.channels)[:-1]]).astype(np.int64)

    def of_kind(self, kind: str, layer: int) -> tuple[int, ...]:
        """Channels of a layer that are of a kind."""
        first = int(self.starts[layer])
        some = self.kinds[kind][first : first + int(self.channels[layer])]
        return tuple(np.flatnonzero(some).tolist())

    def share(self, kind: str) -> Numbers:
        """(layers,) share of the channels that are of a kind."""
        counts = np.add.reduceat(self.kinds[kind].astype(float), self.starts)
        return np.asarray(counts / self.channels, np.float64)


def certainty(value: float, threshold: float, clear: float) -> Certainty:
    """How sure a number on the far side of its threshold makes one.

    ``clear``: the distance beyond which nothing in the calibration was on the other side.

    >>> [certainty(value, 0.3, 0.2) for value in (0.31, 0.42, 0.6)]
    ['weak', 'likely', 'sure']
    """
    apart = abs(value - threshold)
    return "sure" if apart >= clear else "likely" if apart >= clear / 2 else "weak"


def weaker(one: Certainty, other: Certainty) -> Certainty:
    """The less sure of two.

    >>> weaker("sure", "likely")
    'likely'
    """
    return max(one, other, key=CERTAINTIES.index)


ENOUGH = 300
"""Images; fewer leave a silent channel a real chance of firing on 1 % of all."""


def are_few(images: int) -> bool:
    """Whether so many images say nothing of silence, or of a gap.

    >>> are_few(59), are_few(60)
    (True, False)
    """
    return images < THRESHOLDS["few"].value


def by_images(evidence: Evidence) -> Certainty:
    """How sure silence, or firing everywhere, is on so many images."""
    if are_few(evidence.images):
        return "weak"
    return "sure" if evidence.images >= ENOUGH else "likely"
