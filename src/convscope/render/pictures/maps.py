"""Maps of activations as tiles of pixels, and the scale they are drawn to.

Source: Yosinski et al. 2015, sec. 2: all maps of a layer at once, each by its own maximum or by
one of the layer. A value v becomes the color of ``(v / top) ** gamma`` in ``ember``, which starts
black at 0; of a signed layer, of ``sign(v) * (|v| / top) ** gamma`` in ``tide``, grey at 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.color.paint import paint_positive, paint_signed
from convscope.render.pictures.map_options import MapOptions
from convscope.render.tile import Pixels
from convscope.render.words import MINUS, number

PERCENTILE = 98
"""Of the maps' maxima: one outlier must not blacken the rest."""
FAINT = 0.1
"""A map whose brightest cell stays below this share of the color scale looks blank, and is not."""


@dataclass(frozen=True)
class MapScale:
    """What the colors of a tile mean."""

    top: float
    """The value of the last color; 0 where there is nothing to draw."""
    gamma: float
    signed: bool
    is_clipped: bool = False
    """Whether some value lies beyond the last color."""
    is_common: bool = True
    """Whether all maps of the layer share it."""

    @property
    def colors(self) -> Literal["ember", "tide"]:
        """The color map."""
        return "tide" if self.signed else "ember"

    @property
    def ends(self) -> tuple[str, str]:
        """What stands at the two ends of the color bar.

        >>> MapScale(3761, 0.5, False, True).ends
        ('0', '3,761 and over, γ ½')
        """
        high = number(self.top) if self.is_common else "each map's highest"
        low = (MINUS + high if self.is_common else "") if self.signed else "0"
        over = (" and beyond" if self.signed else " and over") if self.is_clipped else ""
        return low, f"{high}{over}{gamma_words(self.gamma)}"


def gamma_words(gamma: float) -> str:
    """How a gamma is written after a number; nothing where it is 1.

    >>> gamma_words(0.5), gamma_words(1.0), gamma_words(0.7)
    (', γ ½', '', ', γ 0.7')
    """
    return "" if gamma == 1 else f", \u03b3 {'½' if gamma == 0.5 else format(gamma, 'g')}"


def heights(maps: NDArray[Any], signed: bool) -> NDArray[np.float64]:
    """(C,) the largest finite value of each map (C, h, w); of a signed layer, by magnitude."""
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    size = np.abs(flat) if signed else np.maximum(flat, 0)
    highest: NDArray[np.float64] = np.where(np.isfinite(flat), size, 0).max(axis=1)
    return highest


def layer_scale(maps: NDArray[Any], signed: bool, gamma: float = 0.5) -> MapScale:
    """One scale for all maps of a layer: up to the 98th percentile of their maxima.

    >>> layer_scale(np.full((3, 1, 1), 2.0), False).top
    2.0
    """
    highest = heights(maps, signed)
    most = float(highest.max(initial=0))
    top = float(np.percentile(highest, PERCENTILE)) if len(highest) else 0.0
    return MapScale(top or most, gamma, signed, most > (top or most))


def own_scale(one: NDArray[Any], signed: bool, gamma: float = 0.5) -> MapScale:
    """The scale of one map (h, w) by itself: up to its own maximum."""
    return MapScale(float(heights(one[None], signed)[0]), gamma, signed, is_common=False)


def scale_of(maps: NDArray[Any], channel: int, signed: bool, options: MapOptions) -> MapScale:
    """The scale that options give one map of a layer."""
    if options.scale == "own":
        return own_scale(maps[channel], signed, options.gamma)
    return layer_scale(maps, signed, options.gamma)


def map_tile(one: NDArray[Any], scale: MapScale) -> Pixels:
    """Pixels (h, w, 3) of one map (h, w), a pixel a cell; what is no number is drawn as zero.

    >>> map_tile(np.zeros((1, 1)), MapScale(1.0, 0.5, True)).tolist()
    [[[128, 128, 128]]]
    """
    values = np.asarray(one, np.float64)
    if not scale.signed:
        return paint_positive(values, scale.top, scale.gamma)
    share = np.clip(np.nan_to_num(values / scale.top if scale.top > 0 else values * 0), -1, 1)
    return paint_signed(np.sign(share) * np.abs(share) ** scale.gamma, 1.0)


def faint(maps: NDArray[Any], scale: MapScale) -> NDArray[np.bool_]:
    """(C,) which maps are not blank but would look so on a common scale."""
    highest = heights(maps, scale.signed)
    share = (highest / scale.top) ** scale.gamma if scale.top > 0 else np.zeros(len(maps))
    found: NDArray[np.bool_] = (highest > 0) & (share < FAINT)
    return found
