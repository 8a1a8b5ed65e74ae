"""What is left of a picture when the weights it should come from are random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result


@dataclass(frozen=True)
class Sanity(Result):
    """A picture beside those of a cascade of randomised weights, and of a shifted input."""

    captioned = "sanity"

    layers: tuple[str, ...]
    """Where each step of the cascade has come to, the top first: it and all above are random."""
    similarity: NDArray[np.float64]
    """(L,) of each step's picture and the original; nan where the step has none."""
    maps: NDArray[np.float32]
    """(L, c, h, w) or (L, h, w), each step's picture; zero where it has none."""
    original: NDArray[np.float32]
    """(c, h, w) or (h, w) with the weights as they are."""
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, weights hash, image, versions; ``of``: the method that was checked."""
    chance: float | None = None
    """Likeness of two networks' pictures with all weights random; None where one has none."""
    shifted: NDArray[np.float32] | None = None
    """Like ``original``, of the shifted image and a network that takes the shift back."""
    shift_similarity: float | None = None
    """Of ``shifted`` and the original: 1 where only what the network computes matters."""

    @property
    def method(self) -> str:
        """The method that was checked."""
        return str(self.provenance["of"]["method"])
