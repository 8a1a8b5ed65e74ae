"""How a network came to be: its units at every checkpoint, and when each layer settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result
from convscope.results.settling import settled

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Evolution(Result):
    """T checkpoints of one run, seen through the same images.

    Of L layers all channels are measured by their nine strongest images and their activations; of
    some units, U in all, drawn at random, the strongest patch and its projection are kept.
    Likeness to the last checkpoint has a 1 in its last column; that between neighbors a column
    less.
    """

    captioned = "evolution"

    epochs: NDArray[np.int64]
    """(T,) rising."""
    layers: tuple[str, ...]
    """L names, in execution order."""
    layer: NDArray[np.int64]
    """(U,) which of them each unit is of."""
    channel: NDArray[np.int64]
    """(U,)"""
    values: NDArray[np.float32]
    """(U, T) the strongest activation of the unit in any image."""
    images: NDArray[np.int64]
    """(U, T) number of the image it is in; -1: the unit fires on none."""
    cells: NDArray[np.int64]
    """(U, T, 2) (y, x) in the layer's map."""
    labels: tuple[tuple[str, ...], ...]
    """(U, T) the image's class, as people call it; empty: none is known."""
    sides: NDArray[np.int64]
    """(L,) of the kept pictures of a layer, in pixels."""
    fields: NDArray[np.int64]
    """(L,) larger side of the frame they show, in pixels of the network's input."""
    projections: NDArray[np.float32]
    """Of each unit (T, c, side, side), one unit after the other; see `projection`."""
    patches: NDArray[np.uint8]
    """Of each unit (T, side, side, 3), one unit after the other; see `patch`."""
    unit_overlap: Numbers
    """(U, T - 1) of the nine strongest images with those of the next checkpoint."""
    unit_overlap_last: Numbers
    """(U, T) with those of the last."""
    unit_similarity: Numbers
    """(U, T - 1) cosine between the projection and that of the next checkpoint."""
    unit_similarity_last: Numbers
    """(U, T) and that of the last."""
    overlap: Numbers
    """(L, T - 1) `unit_overlap`, the mean of all channels that fire."""
    overlap_last: Numbers
    """(L, T)"""
    similarity: Numbers
    """(L, T - 1) `unit_similarity`, the mean of the units drawn."""
    similarity_last: Numbers
    """(L, T)"""
    correlation: Numbers
    """(L, T - 1) of each channel's activations with those of the next checkpoint; mean."""
    correlation_last: Numbers
    """(L, T)"""
    kept: Numbers
    """(L, T - 1) share of channels that are matched with themselves in the next checkpoint."""
    kept_last: Numbers
    """(L, T) and in the last."""
    compared: NDArray[np.int64]
    """(L, T - 1) channels that vary in both, which were matched."""
    chance: float
    """Overlap to expect of sets of images drawn at random."""
    other_overlap: Numbers
    """(L,) overlap of a channel with another of its layer, at the last checkpoint; mean."""
    other_similarity: Numbers
    """(L,) the same of projections."""
    other_correlation: Numbers
    """(L,) the same of activations."""
    dead: Numbers
    """(L, T) share of channels that never fire."""
    firing: Numbers
    """(L, T) share of its cells on which the median channel fires; NaN where a layer is signed."""
    noise: Numbers
    """(L, T) mean over the filters: 0 smooth, about 1 random; NaN where they have no space."""
    structure: Numbers
    """(L, T) share of the energy of the weights that stands out of their shuffles."""
    history: dict[str, Any]
    """Columns of the training's record: epoch, train_loss, ...; empty where there is none."""
    alike: float
    """What counts as settled."""
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, checkpoints, weights hashes, images, versions."""

    def projection(self, unit: int, column: int) -> NDArray[np.float32]:
        """What excited a unit in its strongest patch, (c, side, side), averaged down to that."""
        return self._picture(self.projections, unit, column)

    def patch(self, unit: int, column: int) -> NDArray[np.uint8]:
        """That patch, (side, side, 3)."""
        return self._picture(self.patches, unit, column)

    def units_of(self, layer: int) -> NDArray[np.int64]:
        """Units of a layer, in the order in which they were drawn."""
        return np.flatnonzero(self.layer == layer)

    @property
    def jumps(self) -> NDArray[np.bool_]:
        """(U, T - 1) whether the next checkpoint's strongest patch is of another image."""
        return np.asarray(self.images[:, 1:] != self.images[:, :-1])

    def settled(self, by: str = "similarity") -> NDArray[np.int64]:
        """(L,) place of the checkpoint from which each layer stays as it is at the last.

        Args:
            by: ``similarity`` of projections, or ``overlap`` of the nine strongest images.

        Returns:
            -1 where it is less alike until the last.
        """
        return _settled(getattr(self, f"{by}_last"), self.alike)

    def unit_settled(self, by: str = "similarity") -> NDArray[np.int64]:
        """(U,) the same of each unit."""
        return _settled(getattr(self, f"unit_{by}_last"), self.alike)

    def _picture(self, flat: NDArray[Any], unit: int, column: int) -> NDArray[Any]:
        """One picture of an array in which units of layers of other sizes follow each other."""
        area = np.square(self.sides)[self.layer] * len(self.epochs)
        depth = len(flat) // int(area.sum())
        side = int(self.sides[self.layer[unit]])
        start = depth * (int(area[:unit].sum()) + side * side * column)
        found = flat[start : start + depth * side * side]
        return found.reshape((side, side, 3) if flat is self.patches else (depth, side, side))


def _settled(rows: Numbers, alike: float) -> NDArray[np.int64]:
    return np.array([settled(row, alike) for row in rows], np.int64)
