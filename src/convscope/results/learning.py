"""A grid of trainings, data size x epochs x seed: what can be read in each layer of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result

Floats = NDArray[np.float64]

OF_NET = ("dead", "firing", "smoothness", "purity", "entropy", "probe")
"""Measures of one network; they have one number a seed."""
OF_PAIR = ("overlap", "projections")
"""Measures of two networks that differ by their seed; they have one number a pair of seeds."""
MEASURES = (*OF_NET, *OF_PAIR, "cka")
"""All, in the order of the first axis; ``cka`` is to the network of the most data and epochs."""
FLOORS = ("start", "shuffled")
"""The same network before its first step, and one that was trained on shuffled labels."""


@dataclass(frozen=True)
class Learning(Result):
    """Measures of every layer for each size, number of epochs and seed, and those of the floors."""

    captioned = "learning"

    sizes: NDArray[np.int64]
    """(A,) training images."""
    epochs: NDArray[np.int64]
    """(B,)"""
    seeds: NDArray[np.int64]
    """(S,)"""
    steps: NDArray[np.int64]
    """(A, B) of the optimizer."""
    values: Floats
    """(M, A, B, K, L) by `MEASURES`, and over K seeds or pairs of seeds: the rest is NaN."""
    floors: Floats
    """(2, M, K, L) the same of `FLOORS`."""
    accuracy: Floats
    """(A, B, S) share of the probe's images answered right."""
    train_accuracy: Floats
    """(A, B, S) on the training images, as the last epoch saw them."""
    floor_accuracy: Floats
    """(2, S) share of the probe's images answered right."""
    seconds: Floats
    """(A, B, S) that training took."""
    layers: tuple[str, ...]
    """(L,) names, in the order of execution."""
    classes: tuple[str, ...]
    chance: float
    """Share of the probe's most frequent class: the accuracy of always answering it."""
    probe: int
    """Images that no network was trained on, which all were read on."""
    floor_cell: tuple[int, int]
    """Images and epochs of the networks with shuffled labels."""
    model: str
    images: str
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, network, training, versions."""

    def of(self, measure: str) -> Floats:
        """(A, B, K, L) of one measure."""
        return np.asarray(self.values[MEASURES.index(measure)])

    def floor(self, name: str, measure: str) -> Floats:
        """(K, L) of one measure at one floor."""
        return np.asarray(self.floors[FLOORS.index(name), MEASURES.index(measure)])

    @property
    def shown(self) -> NDArray[np.int64]:
        """(A, B) images that each training went through: size times epochs."""
        return np.asarray(np.outer(self.sizes, self.epochs))
