"""What a pass counts: the layers it looks at, laid out as one long row of units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LATTICE = 12
"""Most rows and columns of a map that the sampled statistics look at in one image."""

MOST = 4096
"""Most channels of a layer that are compared with each other: their products fill 64 MiB."""


class Bounds(NamedTuple):
    """Of a layer's values, as the bounded activation that reads it sees them."""

    low: float
    """A cell at or below it is saturated."""
    high: float
    """One at or above it, too."""
    is_rectifier: bool = False
    """Whether nothing below 0 passes (ReLU6): a channel that is never above 0 is dead."""


@dataclass(frozen=True)
class LayerPlan:
    """One layer's place among the units, and how far apart two of its cells must be."""

    channels: int
    height: int
    """Cells."""
    width: int
    signed: bool
    """Whether it can be negative: only then are minima and the weakest cells kept."""
    gap: tuple[int, int] = (1, 1)
    """Least distance ``(y, x)`` in cells between two kept cells of one image (in either axis)."""
    bounds: Bounds | None = None
    """Between which values the activation that follows still answers; None: it has no bound."""

    def strides(self, exact: bool = False) -> tuple[int, int]:
        """Steps ``(y, x)`` of the lattice that the sampled statistics look at.

        >>> LayerPlan(96, 111, 55, False).strides()
        (10, 5)
        """
        if exact:
            return 1, 1
        return max(1, -(-self.height // LATTICE)), max(1, -(-self.width // LATTICE))


@dataclass(frozen=True)
class Plan:
    """Everything that fixes the shape and the meaning of a tally's state."""

    layers: tuple[LayerPlan, ...]
    top: int = 9
    """Cells kept per unit and side."""
    per_image: int = 1
    """Most cells kept of one image."""
    classes: int = 0
    """Number of labels; 0: no class means."""
    sampled: bool = True
    """Whether spread, share of firing cells and histogram are counted."""
    exact: bool = False
    """Count those over every cell, not over the lattice."""
    health: bool = False
    """Whether, of the sampled cells, likeness of channels, locality and saturation are counted."""

    @cached_property
    def crossed(self) -> tuple[bool, ...]:
        """Per layer: whether its channels are compared with each other."""
        return tuple(self.health and layer.channels <= MOST for layer in self.layers)

    @cached_property
    def triangles(self) -> NDArray[np.int64]:
        """First product of every layer among all of them, and their number last.

        A layer of ``c`` channels has ``c (c + 1) / 2``: each two channels once.
        """
        pairs = zip(self.layers, self.crossed, strict=True)
        sizes = [one.channels * (one.channels + 1) // 2 * crossed for one, crossed in pairs]
        return np.cumsum([0, *sizes], dtype=np.int64)

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """First unit of every layer, and the number of units last."""
        return np.cumsum([0, *(layer.channels for layer in self.layers)], dtype=np.int64)

    @property
    def units(self) -> int:
        """Channels of all layers together."""
        return int(self.offsets[-1])

    def span(self, index: int) -> slice:
        """The units of the index-th layer."""
        return slice(int(self.offsets[index]), int(self.offsets[index + 1]))

    def triangle(self, index: int) -> slice:
        """The products of the index-th layer."""
        return slice(int(self.triangles[index]), int(self.triangles[index + 1]))

    @cached_property
    def signed(self) -> NDArray[np.bool_]:
        """Per unit: whether it can be negative."""
        counts = [layer.channels for layer in self.layers]
        return np.repeat([layer.signed for layer in self.layers], counts).astype(bool)

    @cached_property
    def rectified(self) -> NDArray[np.bool_]:
        """Per unit: whether only what is above 0 tells something: it is cut there, or next."""
        cut = [one.bounds is not None and one.bounds.is_rectifier for one in self.layers]
        counts = [one.channels for one in self.layers]
        found: NDArray[np.bool_] = ~self.signed | np.repeat(cut, counts).astype(bool)
        return found

    @cached_property
    def map_cells(self) -> NDArray[np.int64]:
        """Per unit: cells of its map."""
        counts = [layer.channels for layer in self.layers]
        sizes = [layer.height * layer.width for layer in self.layers]
        return np.repeat(np.array(sizes, np.int64), counts)
