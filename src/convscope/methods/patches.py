"""Patches: the pixels in the frames of cells, cut from images that are read once more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND
from convscope.images.source import Source
from convscope.preprocess import Preprocessing
from convscope.preprocess.resample import resample
from convscope.results.layer import Layer
from convscope.results.projection import framed

Pixels = NDArray[np.uint8]


def patches(
    source: Source,
    preprocessing: Preprocessing,
    layer: Layer,
    images: Sequence[int],
    cells: Sequence[tuple[int, int]],
) -> Pixels:
    """The patch of each cell, (k, fh, fw, c); outside the image is grey.

    Where the cell is -1, -1 the whole image stands in the frame, made smaller. Of no cells there is
    an empty array in the frame's size.

    Raises:
        ImageError: an image cannot be read any more.
    """
    found = [
        _patch(preprocessing.apply(source.pixels(image)).shown, layer, cell)
        for image, cell in zip(images, cells, strict=True)
    ]
    if not found:
        frame = layer.field.frame((0, 0), *preprocessing.size)
        return np.empty((0, frame.height, frame.width, 3), np.uint8)
    return np.stack(found)


def _patch(shown: Pixels, layer: Layer, cell: tuple[int, int]) -> Pixels:
    height, width = shown.shape[:2]
    has_cell = min(cell) >= 0
    frame = layer.field.frame(cell if has_cell else (0, 0), height, width)
    if has_cell:
        return framed(shown.transpose(2, 0, 1), frame, GROUND).transpose(1, 2, 0)
    return _whole(shown, frame.height, frame.width)


def _whole(shown: Pixels, height: int, width: int) -> Pixels:
    """All of an image in the middle of a patch of this size."""
    scale = min(height / shown.shape[0], width / shown.shape[1])
    size = (max(1, int(shown.shape[0] * scale)), max(1, int(shown.shape[1] * scale)))
    small = shown if scale == 1 else resample(shown, size, "bilinear")
    patch = np.full((height, width, shown.shape[2]), GROUND, np.uint8)
    y, x = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    patch[y : y + small.shape[0], x : x + small.shape[1]] = small
    return patch
