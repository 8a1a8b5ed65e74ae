"""The numbers of a pass, written plainly: every activation at once, loops, float64."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from math import floor

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


def picked(maps: np.ndarray, images: list[int], limit: int = 12) -> np.ndarray:
    """The cells ``(cells, c)`` by which channels are compared: eight of each image's lattice."""
    rows = []
    for image, cells in zip(images, lattice(maps, images, limit), strict=True):
        count = cells.shape[1]
        turn = Fraction(image * 2654435769 % 2**32, 2**32)
        chosen = [floor((t + turn) * count / 8) for t in range(8)]
        rows += [cells[:, i] for i in (chosen if count > 8 else range(count))]
    return np.array(rows)


def locality(cells: list[np.ndarray]) -> float:
    """Mean participation ratio of one channel's lattices, over those with a positive cell."""
    found = []
    for one in cells:
        up = [max(float(a), 0.0) for a in one[np.isfinite(one)]]
        if any(up):
            found.append(sum(up) ** 2 / (len(up) * sum(a * a for a in up)))
    return sum(found) / len(found) if found else float("nan")


def saturated(cells: list[np.ndarray], bounds: tuple[float, ...] | None) -> float:
    """Share of one channel's cells at a bound or beyond."""
    finite = [float(a) for one in cells for a in one[np.isfinite(one)]]
    if not finite:
        return float("nan")
    low, high = (bounds or (-np.inf, np.inf))[:2]
    return sum(a <= low or a >= high for a in finite) / len(finite)


def effective_rank(cells: np.ndarray) -> float:
    """Of ``(cells, c)``: exp of the entropy of the covariance's eigenvalues."""
    values = np.linalg.eigvalsh(np.cov(cells.astype(np.float64), rowvar=False, ddof=0))
    share = [v / values.clip(0).sum() for v in values if v > 0]
    return float(np.exp(-sum(p * np.log(p) for p in share)))
