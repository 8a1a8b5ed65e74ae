"""Variants of one network, each trained from scratch: what leaving something out costs."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ablation(Result):
    """A table as Zeiler & Fergus' third: V variants, the whole network first, S seeds of each."""

    captioned = "ablation"

    parameters: NDArray[np.int64]
    """(V,) weights and biases."""
    multiply_adds: NDArray[np.int64]
    """(V,) of one image."""
    train_error: Floats
    """(V, S) share of the training images whose first guess is wrong, without dropout; NaN of a
    training that diverged."""
    error: Floats
    """(V, S) share of the held-out images whose first guess is wrong."""
    top5_error: Floats
    """(V, S) whose class is not among the first five guesses; NaN of five classes or fewer."""
    seconds: Floats
    """(V, S) that training took."""
    names: tuple[str, ...]
    """(V,) what differs from the whole network."""
    specs: tuple[str, ...]
    """(V,) of the networks, as ``load`` takes them."""
    seeds: tuple[int, ...]
    """(S,)"""
    train_images: int
    images: int
    """Held out; each seed holds out others, all variants of one seed the same."""
    classes: int
    epochs: int
    data: str
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, training, weights hashes, versions."""
    commonest: float = nan
    """Share of the held-out images in their most frequent class; NaN: as many in each."""

    @property
    def guessing(self) -> float:
        """Error of always giving the most frequent class, 0..1."""
        return 1 - (self.commonest if isfinite(self.commonest) else 1 / self.classes)

    @property
    def more(self) -> Floats:
        """(V, S) points of held-out error more than the whole network of the same seed, 0..1."""
        return np.asarray(self.error - self.error[:1])

    @property
    def more_on_train(self) -> Floats:
        """(V, S) the same of the training images."""
        return np.asarray(self.train_error - self.train_error[:1])
