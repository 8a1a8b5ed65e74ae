"""An occlusion sweep: what happened to the network's answers as a square was slid over an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.geometry.box import Box
from convscope.results.result import Result
from convscope.results.shares import Link, shares

Floats = NDArray[np.floating[Any]]
"""float32; float64 of a float64 network."""


@dataclass(frozen=True)
class Occlusion(Result):
    """One sweep, with all that the five panels of Zeiler & Fergus 2013, Fig. 7, need.

    Maps are (ny, nx): row ``i``, column ``j`` belong to the occluder whose center is at
    ``centers_y[i], centers_x[j]``.
    """

    captioned = "occlusion"

    shown: NDArray[np.uint8]
    """(H, W, c) the image's pixels."""
    covered: NDArray[np.uint8]
    """(H, W, c) the image with the occluder where it lowers the target most: panel (a)."""
    centers_y: NDArray[np.int64]
    """(ny,) px; a square near the border is cut off there."""
    centers_x: NDArray[np.int64]
    """(nx,) px."""
    size: tuple[int, int]
    """Of the occluder, (height, width) in px."""
    stride: tuple[int, int]
    """Px between centers, (y, x)."""
    scores: Floats
    """(ny, nx, K) class scores before softmax; K = 0 where the network has none."""
    base_scores: Floats
    """(K,) of the uncovered image."""
    target: str
    """The class or unit that was asked about."""
    target_number: int
    """The class's number; -1 where a unit was asked about."""
    values: Floats
    """(ny, nx) the target's score or activation, in the cell that is strongest uncovered."""
    base_value: float
    unit: str
    """The strongest feature map of the layer looked at, ``layer:channel``."""
    unit_sums: Floats
    """(ny, nx) that map's activation, summed over its cells: panel (b)."""
    base_unit_sum: float
    projection: NDArray[np.float32]
    """(c, H, W) of that map's strongest cell, in network-input units: panel (c)."""
    frame: tuple[int, int, int, int]
    """Of the projection, ``(y0, x0, y1, x1)``; it may hang over the border."""
    patches: NDArray[np.uint8]
    """(k, fh, fw, c) that map's strongest patches in the data, strongest first; k may be 0."""
    classes: tuple[tuple[int, str], ...]
    """Number and name of every class that is the answer somewhere."""
    computed: NDArray[np.bool_]
    """(ny, nx) False where coarse-to-fine skipped the position and took its neighbor's values."""
    exact: str
    """How it was computed, and from which op on whole maps had to be."""
    note: str
    provenance: dict[str, Any]
    link: Link = "softmax"
    """What makes probabilities of the scores."""

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(ny, nx) probability of the target class, or of the uncovered answer: panel (d)."""
        return shares(self.scores, self.link)[..., self._class]

    @property
    def base_probability(self) -> float:
        """The same of the uncovered image."""
        return float(shares(self.base_scores, self.link)[self._class])

    @property
    def label_map(self) -> NDArray[np.int64]:
        """(ny, nx) number of the class with the highest score: panel (e)."""
        return np.asarray(self.scores.argmax(-1), np.int64)

    @property
    def answer(self) -> int:
        """The class the network answers uncovered."""
        return int(self.base_scores.argmax())

    @property
    def _class(self) -> int:
        return self.target_number if self.target_number >= 0 else self.answer

    @property
    def has_classes(self) -> bool:
        """Whether the network has class scores."""
        return self.base_scores.size > 0

    def box(self, row: int, column: int) -> Box:
        """The occluder's box at a position, not cut off at the border."""
        return occluder(int(self.centers_y[row]), int(self.centers_x[column]), self.size)


def occluder(y: int, x: int, size: tuple[int, int]) -> Box:
    """The box of an occluder with its center at a pixel.

    >>> occluder(4, 4, (3, 2))
    Box(y0=3, x0=3, y1=6, x1=5)
    """
    top, left = y - size[0] // 2, x - size[1] // 2
    return Box(top, left, top + size[0], left + size[1])
