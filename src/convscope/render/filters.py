"""The filters of the first layer, as pictures: the linear patterns its units match."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND
from convscope.render.gain import equal_contrast, paint
from convscope.render.resize import enlarge, square
from convscope.render.tile import Pixels

SIDE = 52
GAP = 4


def filter_tile(weights: NDArray[Any]) -> Pixels:
    """One filter (c, kh, kw) enlarged by a whole factor to about 52 px; zero is the ground."""
    whole = square(weights)
    pixels = paint(whole, equal_contrast(whole))
    factor = max(1, round(SIDE / whole.shape[-1]))
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
