"""A dream: a photograph in which a network's layer, unit or class was drawn out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result

Measure = Literal["half the mean square", "mean over its cells", "value in its cell", "score"]
"""What of the target is climbed: of a layer the first, of a unit or direction the next two."""


@dataclass(frozen=True)
class Dream(Result):
    """A photograph before and after gradient ascent on its pixels.

    >>> gray = np.full((8, 8, 3), 90, np.uint8)
    >>> made = Dream(gray, gray + 2, "relu3", "relu3", None, "half the mean square", 1.0, 4.0, 10,
    ...              ((6, 6), (8, 8)), "", {})
    >>> made.times, made.change
    (4.0, 2.0)
    """

    shown: NDArray[np.uint8]
    """(h, w, c) the photograph."""
    picture: NDArray[np.uint8]
    """(h, w, c) the dream."""
    target: str
    """As people write it: ``features.8``, ``features.8:281``, ``beagle``."""
    layer: str
    channel: int | None
    """None for a whole layer and for a direction."""
    measure: Measure
    before: float
    """What is climbed, on the photograph."""
    after: float
    """The same on the dream, both as 8-bit pixels hold them."""
    steps: int
    """In each octave."""
    octaves: tuple[tuple[int, int], ...]
    """(h, w) of each, from the first climbed to the last, in pixels."""
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, weights hash, image, versions."""

    @property
    def captioned(self) -> str:
        """Whose sentences stand with the picture."""
        return "dream"

    @property
    def times(self) -> float:
        """How many times what is climbed has grown; nan where it was zero, or below."""
        return self.after / self.before if self.before > 0 else float("nan")

    @property
    def change(self) -> float:
        """Root mean square of the change, in levels of 255."""
        change = self.picture.astype(np.float64) - self.shown
        return float(np.sqrt(np.square(change).mean()))
