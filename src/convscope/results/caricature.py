"""A caricature: a picture to which a layer answers as to a photograph, only more so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result


@dataclass(frozen=True)
class Caricature(Result):
    """A photograph and its caricature at one layer.

    >>> gray = np.zeros((8, 8, 3), np.uint8)
    >>> Caricature(gray, gray, "relu3", 0.8, 2.5, 0.3, 0.2, "", {}).along
    2.0
    """

    shown: NDArray[np.uint8]
    """(h, w, c) the photograph."""
    picture: NDArray[np.uint8]
    """(h, w, c) the caricature; the numbers are of its 8-bit pixels."""
    layer: str
    cosine: float
    """Of the angle between the layer's activations on the two, all channels and cells together: 1
    is the same direction. nan where one of them is zero."""
    ratio: float
    """Length of the activations on the caricature over that on the photograph."""
    noise_cosine: float
    """The cosine of the noise it started from, as a control."""
    noise_ratio: float
    """The ratio of that noise."""
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, weights hash, image, versions."""

    @property
    def captioned(self) -> str:
        """Whose sentences stand with the picture."""
        return "caricature"

    @property
    def along(self) -> float:
        """How many times as far as the photograph it goes in the photograph's own direction."""
        return self.cosine * self.ratio
