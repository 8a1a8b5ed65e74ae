"""Activations: every map of one layer on one image, and why some of them are blank."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.geometry.box import Box
from convscope.geometry.field import AxisField, Field
from convscope.results.result import Result


@dataclass(frozen=True)
class Activations(Result):
    """All channels of one layer on one image."""

    maps: NDArray[np.float32]
    """(C, h, w); a vector has one cell."""
    shown: NDArray[np.uint8]
    """(H, W, c) the image's pixels, as the network sees them."""
    layer: str
    signed: bool
    """Whether the layer can be negative."""
    names: tuple[str, ...]
    """Names of the channels, where they are the scores of classes; else empty."""
    before: NDArray[np.float32]
    """(C,) highest value before the rectifier; NaN where there is none."""
    before_cell: NDArray[np.int64]
    """(C, 2) its cell ``(y, x)``; -1 where there is none."""
    fired: NDArray[np.float64]
    """(C,) share of this image's cells that exceed 0."""
    histogram: NDArray[np.int64]
    """(C, bins) this image's cells in each bin."""
    edges: NDArray[np.float64]
    """(bins + 1,) as in an atlas; the first and last are infinite."""
    atlas_images: int
    """How many images the atlas's numbers come from; 0: there are none."""
    atlas_fired_images: NDArray[np.float64] | None
    """(C,) share of the atlas's images on which the channel fires somewhere."""
    atlas_fired: NDArray[np.float64] | None
    """(C,) share of the atlas's cells that exceed 0."""
    atlas_histogram: NDArray[np.int64] | None
    """(C, bins) the atlas's cells in each bin: of a lattice, so compare shares, not counts."""
    blank: tuple[tuple[int, str], ...]
    """Channels with nothing to see, each with the reason as a sentence."""
    kinds: tuple[str, ...]
    """One word for each of ``blank``: not finite, dead, silent, below zero, constant."""
    field: tuple[tuple[int, float, float], tuple[int, float, float]]
    """Size, stride and offset in px of what a cell sees, along y and x."""
    field_status: Literal["EXACT", "BOUND", "GLOBAL"]
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, weights hash, image, versions."""

    @property
    def captioned(self) -> str:
        """Whose sentences stand with the picture: grey is zero only of a signed layer."""
        return "activations_signed" if self.signed else "activations"

    @property
    def maxima(self) -> NDArray[np.float64]:
        """(C,) the highest finite value of each map; NaN where none is finite."""
        flat = self.maps.reshape(len(self.maps), -1).astype(np.float64)
        finite = np.isfinite(flat)
        highest = np.where(finite, flat, -np.inf).max(axis=1)
        return np.where(finite.any(axis=1), highest, np.nan)

    @property
    def is_spatial(self) -> bool:
        """Whether the layer has cells in space."""
        return bool(self.maps.shape[1] * self.maps.shape[2] > 1)

    def box(self, cell: tuple[int, int]) -> Box:
        """The box of pixels that a cell sees, which may hang over the image's border."""
        y, x = (_axis(*numbers) for numbers in self.field)
        return Field(y, x, self.field_status).frame(cell, *self.shown.shape[:2])


def _axis(size: int, stride: float, offset: float) -> AxisField:
    # strides are small fractions, so the nearest of a small denominator is the one it was
    exact = (Fraction(number).limit_denominator(1 << 16) for number in (stride, offset))
    return AxisField(size, *exact)
