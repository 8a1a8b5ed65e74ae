"""The positions of an occluder: a grid of centers over the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.errors import UsageError
from convscope.methods.options.occlude import OccludeOptions
from convscope.results.occlusion import occluder

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """Centers of an occluder; position ``i * len(xs) + j`` is at ``ys[i], xs[j]``."""

    ys: Ints
    xs: Ints
    boxes: Ints
    """(ny * nx, 4) y0, x0, y1, x1, clipped to the image."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of positions."""
        return len(self.ys), len(self.xs)

    def coarse(self, step: int) -> Ints:
        """Every n-th position of every n-th row, and the last ones."""
        rows, columns = (_every(len(axis), step) for axis in (self.ys, self.xs))
        return (rows[:, None] * len(self.xs) + columns).reshape(-1)

    def nearest(self, some: Ints) -> Ints:
        """For every position the nearest of some, the first of those as near."""
        places = np.stack(np.divmod(np.arange(self.ys.size * self.xs.size), len(self.xs)), 1)
        far = np.abs(places[:, None] - places[some][None]).max(-1)
        return np.asarray(some[far.argmin(1)])


def grid(options: OccludeOptions, height: int, width: int) -> Grid:
    """The positions over an image of this size.

    Raises:
        UsageError: the occluder is larger than the image.
    """
    size, stride = options.pair("occluder"), options.pair("stride")
    if size[0] > height or size[1] > width:
        raise UsageError(
            f"The occluder is {size[0]} x {size[1]} px and the image {height} x {width} (height x "
            "width). Give one no larger than the image: occluder=, --occluder."
        )
    ys, xs = (
        _centers(length, side, step, options.edge)
        for length, side, step in zip((height, width), size, stride, strict=True)
    )
    boxes = [occluder(int(y), int(x), size).clip(height, width) for y in ys for x in xs]
    return Grid(ys, xs, np.array([(b.y0, b.x0, b.y1, b.x1) for b in boxes], np.int64))


def _centers(length: int, side: int, step: int, edge: str) -> Ints:
    """Centers all over the image, or only where the whole square fits."""
    if edge == "whole":
        return np.arange(side // 2, length - side + side // 2 + 1, step)
    return np.arange(min(step // 2, length - 1), length, step)


def _every(count: int, step: int) -> Ints:
    return np.unique([*range(0, count, step), count - 1])
