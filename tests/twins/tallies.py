"""The numbers of a pass, written plainly: every activation at once, loops, float64."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from convscope.tally.histogram import edges

Cell = tuple[float, int, int, int]


def ranked(maps: np.ndarray, k: int, per_image: int = 1, gap: tuple[int, int] = (1, 1)) -> list:
    """The k best cells ``(value, image, y, x)`` of ``(n, h, w)`` maps of one channel."""
    kept: list[Cell] = []
    for image, plane in enumerate(maps):
        cells = [
            (float(plane[y, x]), image, y, x)
            for y, x in np.ndindex(plane.shape)
            if np.isfinite(plane[y, x])
        ]
        of_image: list[Cell] = []
        for cell in sorted(cells, key=order):
            if len(of_image) < per_image and not any(near(cell, o, gap) for o in of_image):
                of_image.append(cell)
        kept += of_image
    return sorted(kept, key=order)[:k]


def order(cell: Cell) -> tuple[float, int, int, int]:
    return -cell[0], *cell[1:]


def near(a: Cell, b: Cell, gap: tuple[int, int]) -> bool:
    return abs(a[2] - b[2]) < gap[0] and abs(a[3] - b[3]) < gap[1]


def lattice(maps: np.ndarray, images: list[int], limit: int = 12) -> list[np.ndarray]:
    """The cells of ``(n, c, h, w)`` that are sampled: one ``(c, cells)`` an image."""
    sy, sx = (-(-side // limit) for side in maps.shape[2:])
    return [
        plane[:, image // sx % sy :: sy, image % sx :: sx].reshape(len(plane), -1)
        for image, plane in zip(images, maps, strict=True)
    ]


def histogram(values: np.ndarray) -> np.ndarray:
    """Count finite values by searching the edges, one value at a time."""
    bounds = edges().tolist()
    counts = np.zeros(len(bounds) - 1, np.int64)
    middle = len(counts) // 2
    for value in values[np.isfinite(values)].tolist():
        if value == 0:
            counts[middle] += 1
        elif value > 0:
            counts[max(middle + 1, min(bisect_right(bounds, value) - 1, len(counts) - 1))] += 1
        else:
            # bins of negative values mirror the positive ones
            mirrored = max(middle + 1, min(bisect_right(bounds, -value) - 1, len(counts) - 1))
            counts[len(counts) - 1 - mirrored] += 1
    return counts
