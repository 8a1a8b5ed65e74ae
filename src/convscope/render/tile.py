"""Tiles: projections and patches as small squares of pixels on the ground."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND
from convscope.geometry.box import Box
from convscope.render.gain import equal_contrast, paint
from convscope.render.resize import area_mean, square

Pixels = NDArray[np.uint8]

LARGEST = 96
"""Fields up to this many pixels are kept pixel for pixel; larger ones are area-averaged to it."""


def tile_size(height: int, width: int) -> int:
    """Side in pixels at which a field of this size is kept.

    >>> tile_size(7, 7), tile_size(155, 155)
    (7, 96)
    """
    return min(max(height, width), LARGEST)


def projection_tile(
    array: NDArray[Any], gain: Callable[[NDArray[Any]], float] = equal_contrast
) -> tuple[Pixels, float]:
    """A projection (c, fh, fw) as pixels (t, t, 3), and its full scale (0 where it is all zero)."""
    small = area_mean(square(array), tile_size(*array.shape[-2:]))
    amount = gain(small)
    return paint(small, amount), 1 / amount if amount else 0.0


def cut(shown: Pixels, box: Box) -> Pixels:
    """The frame's pixels (bh, bw, 3) of an image (h, w, c); what lies outside is ground.

    >>> cut(np.zeros((2, 2, 1), np.uint8), Box(-1, 0, 1, 1))[:, 0, 0].tolist()
    [128, 0]
    """
    frame = np.full((box.height, box.width, 3), GROUND, np.uint8)
    inside = box.clip(*shown.shape[:2])
    part = as_color(shown)[inside.y0 : inside.y1, inside.x0 : inside.x1]
    top, left = inside.y0 - box.y0, inside.x0 - box.x0
    frame[top : top + part.shape[0], left : left + part.shape[1]] = part
    return frame


def patch_tile(shown: Pixels, box: Box) -> Pixels:
    """The patch in this frame as pixels (t, t, 3)."""
    planes = square(cut(shown, box).transpose(2, 0, 1), fill=GROUND)
    small = area_mean(planes, tile_size(box.height, box.width))
    return np.rint(small).astype(np.uint8).transpose(1, 2, 0)


def as_color(shown: Pixels) -> Pixels:
    """An image of any number of channels as three: one is repeated, others are averaged."""
    if shown.shape[2] == 3:
        return shown
    grey = np.rint(shown.mean(axis=2, keepdims=True)).astype(np.uint8)
    return np.repeat(grey, 3, axis=2)
