"""Filters as pictures: the linear patterns that units match. Zero is the ground, always.

A filter over three channels of the image is drawn in their colors, one over a single channel in
grey; kernels between layers in ``tide``. By itself a filter has the contrast of a projection
(`equal_contrast`); on the common scale all have the gain that fits the largest weight of the layer,
so that a filter which dominates is seen to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND
from convscope.color.paint import paint_signed
from convscope.render.gain import equal_contrast, nothing_clipped, paint
from convscope.render.resize import enlarge, square
from convscope.render.tile import Pixels

SIDE = 52
GAP = 4


def filter_tile(weights: NDArray[Any], gain: float | None = None) -> Pixels:
    """One filter (c, kh, kw) enlarged by a whole factor to about 52 px; zero is the ground.

    Args:
        weights: the filter.
        gain: pixels' amplification; None: equal contrast.
    """
    whole = square(weights)
    pixels = paint(whole, equal_contrast(whole) if gain is None else gain)
    return grown(pixels, max(1, round(SIDE / whole.shape[-1])))


def common_gain(filters: NDArray[Any]) -> float:
    """One gain for all filters (C, c, kh, kw): that of the largest finite weight, unclipped.

    >>> common_gain(np.array([[[[0.5]]], [[[-4.0]]]]))
    0.25
    """
    return nothing_clipped(np.where(np.isfinite(filters), filters, 0))


def kernel_row(kernels: NDArray[Any], limit: float, factor: int, gap: int) -> Pixels:
    """Kernels (c, kh, kw) of one filter side by side in tide, on the ground."""
    count, height, width = kernels.shape
    step = width * factor + gap
    sheet = np.full((height * factor, count * step - gap, 3), GROUND, np.uint8)
    for place, kernel in enumerate(kernels):
        tile = grown(paint_signed(kernel, limit), factor)
        sheet[:, place * step : place * step + tile.shape[1]] = tile
    return sheet


def grown(pixels: Pixels, factor: int) -> Pixels:
    """Pixels (h, w, 3), each as a square."""
    return np.ascontiguousarray(enlarge(pixels.transpose(2, 0, 1), factor).transpose(1, 2, 0))


def filter_sheet(weights: NDArray[Any], across: int = 16) -> Pixels:
    """All filters (C, c, kh, kw) in rows of ``across``, in the order of channels."""
    tiles = [filter_tile(one) for one in weights]
    side, rows = tiles[0].shape[0], -(-len(tiles) // across)
    step = side + GAP
    sheet = np.full((rows * step - GAP, min(across, len(tiles)) * step - GAP, 3), GROUND, np.uint8)
    for number, tile in enumerate(tiles):
        y, x = (place * step for place in divmod(number, across))
        sheet[y : y + side, x : x + side] = tile
    return sheet
