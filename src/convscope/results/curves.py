"""Insertion and deletion curves: what the score does as a map's strongest pixels go or come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result

ORDERS = ("deletion", "insertion", "random_deletion", "random_insertion")
"""The four curves; rows of ``scores`` and keys of ``auc``."""


@dataclass(frozen=True)
class Curves(Result):
    """A target's probability (of what is no class: its value) along four orders of pixels."""

    captioned = "curves"

    share: NDArray[np.float64]
    """(steps + 1,) of all pixels, 0 to 1: taken away, or put back."""
    deletion: NDArray[np.float64]
    """(steps + 1,) from the image to the fill, the map's strongest pixels first."""
    insertion: NDArray[np.float64]
    """(steps + 1,) from the fill to the image, the map's strongest pixels first."""
    random_deletion: NDArray[np.float64]
    """The same in a random order as coarse as the map."""
    random_insertion: NDArray[np.float64]
    scores: NDArray[np.float64]
    """(4, steps + 1) the target's score before softmax, in the order of `ORDERS`."""
    target: str
    """As people write it: ``beagle``, ``features.8:281``."""
    auc: dict[str, float]
    """The area under each curve, by its name; a low deletion and a high insertion are good."""
    is_probability: bool
    """Whether the curves are probabilities; else they are ``scores``."""
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, what map, weights hash, image, versions."""
