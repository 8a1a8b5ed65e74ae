"""Crops, mirror images and colors: drawn for a whole batch at once, on bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.training.options import TrainOptions

Places = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Rows and columns of the stored image that each row and column of a crop shows, (n, size)."""


def random_places(
    rng: np.random.Generator, count: int, side: int, size: int, options: TrainOptions
) -> Places:
    """Where ``count`` crops of ``size`` lie in images of ``side`` px, half of them mirrored.

    A border of ``pad`` px is the image mirrored at its edge.
    """
    room = side + 2 * options.pad - size
    drawn = (
        rng.integers(0, room + 1, (2, count)) if options.crop else np.full((2, count), room // 2)
    )
    line = np.arange(size)
    rows, columns = (_mirrored(first[:, None] + line - options.pad, side) for first in drawn)
    if options.flip:
        turned = rng.random(count) < 0.5
        columns[turned] = columns[turned, ::-1]
    return rows, columns


def center_places(count: int, side: int, size: int) -> Places:
    """The centres of ``count`` images."""
    line = (side - size) // 2 + np.arange(size)
    whole = np.broadcast_to(line, (count, size))
    return whole, whole


def ten_places(side: int, size: int) -> Places:
    """Four corners and the centre, then the same mirrored: (10, size) each.

    Source: Zeiler & Fergus 2013, sec. 3, after Krizhevsky et al. 2012, sec. 4.1.

    >>> rows, columns = ten_places(4, 3)
    >>> columns[0], columns[5]
    (array([0, 1, 2]), array([2, 1, 0]))
    """
    far, middle = side - size, (side - size) // 2
    corners = [(0, 0), (0, far), (far, 0), (far, far), (middle, middle)]
    line = np.arange(size)
    rows = np.array([y + line for y, _ in corners] * 2)
    columns = np.array([x + line for _, x in corners])
    return rows, np.concatenate([columns, columns[:, ::-1]])


def gather(pixels: NDArray[Any], places: Places) -> NDArray[Any]:
    """The crops of images (n, h, w, c), or of one image (h, w, c), as (n, size, size, c)."""
    rows, columns = places[0][:, :, None], places[1][:, None, :]
    if pixels.ndim == 3:
        return pixels[rows, columns]
    return pixels[np.arange(len(rows))[:, None, None], rows, columns]


def recolor(
    inputs: NDArray[np.float32], rng: np.random.Generator, options: TrainOptions
) -> NDArray[np.float32]:
    """Gray some, change contrast, brightness and tint, add noise; (n, h, w, c) of the input."""
    count, channels = len(inputs), inputs.shape[3]
    normal = rng.standard_normal((count, 1, 1, 2 + channels), np.float32)
    if options.gray:
        grayed = rng.random(count) < options.gray
        inputs[grayed] = inputs[grayed].mean(3, keepdims=True)
    inputs = inputs * np.exp(options.contrast * normal[..., :1])
    inputs += options.brightness * normal[..., 1:2] + options.tint * normal[..., 2:]
    if options.noise:
        inputs += np.float32(options.noise) * rng.standard_normal(inputs.shape, np.float32)
    return inputs


def recolors(options: TrainOptions) -> bool:
    """Whether any of it is asked for."""
    return any((options.gray, options.contrast, options.brightness, options.tint, options.noise))


def _mirrored(lines: NDArray[np.int64], side: int) -> NDArray[np.int64]:
    """Numbers of lines, those outside reflected at the edge, which is not repeated."""
    period = 2 * (side - 1) or 1
    lines = np.abs(lines) % period
    return np.where(lines < side, lines, period - lines)
