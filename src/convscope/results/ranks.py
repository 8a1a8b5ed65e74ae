"""Ranks: the strongest, the middling and the weakest images of a unit, and of random directions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result


@dataclass(frozen=True)
class Ranks(Result):
    """Order statistics of one target over a set of images: k patches in groups, strongest first.

    Each image counts once, with the target's strongest cell on it. Of a target that is 0 on every
    image nothing is shown (k is 0), and the note says so.
    """

    captioned = "ranks"

    target: str
    """As people write it: ``features.8:281``, ``beagle``."""
    layer: str
    groups: tuple[str, ...]
    """Of each patch: strongest, median, weakest, and of what can be negative: most negative."""
    values: NDArray[np.float32]
    """(k,) the target in the patch's cell."""
    ranks: NDArray[np.int64]
    """(k,) place in the full list, 1 for the strongest (in its own list for the most negative)."""
    images: NDArray[np.int64]
    """(k,) number of the image in its source."""
    cells: NDArray[np.int64]
    """(k, 2) (y, x) in the layer's map; -1, -1 where all cells of the map are equal."""
    uris: tuple[str, ...]
    labels: tuple[str | None, ...]
    """Names of their classes, where they are known."""
    patches: NDArray[np.uint8]
    """(k, fh, fw, c) pixels in the cell's frame, 128 outside the image; the whole image, made
    smaller, where no cell is the strongest."""
    spectrum: NDArray[np.float32]
    """(n,) the target on every image that could be looked at, strongest first."""
    left_out: int
    """Images that could not be read, or on which the network or the target failed."""
    share: float | None
    """Of the strongest group: the share of its commonest class; None where that tells nothing."""
    telling: float
    """How far the strongest group's mean lies above the mean of all images, in their spread."""
    control_share: NDArray[np.float64]
    """(directions,) ``share`` for random directions of the layer; empty where it is None."""
    control_telling: NDArray[np.float64]
    """(directions,) ``telling`` for them; empty where none were asked for or nothing is shown."""
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, weights hash, images, versions."""

    @property
    def count(self) -> int:
        """Patches a group."""
        return self.groups.count("strongest")

    @property
    def control(self) -> str:
        """What random directions of the same layer give; empty where none were asked for."""
        if not len(self.control_telling):
            return ""
        others = self.control_telling
        as_far = int((others >= self.telling).sum())
        first = "The strongest lies" if self.count == 1 else f"The {self.count} strongest lie"
        return (
            f"{first} {self.telling:.1f} standard deviations above the mean "
            f"of all images; those of {len(others)} random directions of {self.layer} lie "
            f"{_span(others)} above theirs ({as_far or 'none'} of them as far). {self._classes}"
        )

    @property
    def _classes(self) -> str:
        if self.share is None:
            return "Classes tell nothing here: no two images are known to share one."
        labels = [w for w, g in zip(self.labels, self.groups, strict=True) if g == "strongest"]
        known = Counter(label for label in labels if label is not None).most_common(1)
        most, times = known[0][0] if known else "one class", round(self.share * self.count)
        others = np.rint(self.control_share * self.count)
        return (
            f"{times} of the {self.count} are {most}; of a random direction's {self.count}, "
            f"{_span(others, 0)} share a class."
        )


def _span(values: NDArray[np.float64], digits: int = 1) -> str:
    """The smallest and the largest; one number where they are printed alike.

    >>> _span(np.array([1.0, 2.25])), _span(np.array([2.0, 2.0]), 0)
    ('1.0 to 2.2', '2')
    """
    low, high = f"{values.min():.{digits}f}", f"{values.max():.{digits}f}"
    return low if low == high else f"{low} to {high}"
