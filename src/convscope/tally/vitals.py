"""What of the lattice's cells tells of health: how local a channel is, how often at a bound.

Whether it is dead, rare or never rests is told by the other statistics already. A few cells are
kept as they are, by which the channels of a layer are compared with each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.tally.plan import LayerPlan


@dataclass(frozen=True)
class Sums:
    """Of one layer's lattices, for each image."""

    cells: NDArray[np.int64]
    """Finite ones: ``(n, c)``, or ``(n, 1)`` where all channels have as many."""
    total: NDArray[np.float64]
    """``(n, c)``, as is the sum of squares."""
    squares: NDArray[np.float64]


@dataclass(frozen=True)
class Vitals:
    """What one layer's lattices gave for a batch of ``n`` images."""

    locality: NDArray[np.float64]
    """``(n, c)``: share of an image's cells that are active; 0 where none is."""
    saturated: NDArray[np.int64]
    """``(c,)``: cells at a bound or beyond, over all images."""
    picked: NDArray[np.float32]
    """``(cells, c)``: some cells of each image, in their order."""


def vitals(values: torch.Tensor, layer: LayerPlan, sums: Sums, places: NDArray[np.int64]) -> Vitals:
    """Read lattices ``(n, cells, c)``, where zeros stand in places that hold no finite cell.

    The ``sums`` say how many of the ``n`` count; ``places``, among ``n x cells``, are those that
    are kept.
    """
    picked = values.view(-1, layer.channels).numpy().take(places, axis=0)
    return Vitals(_locality(values, layer, sums), _saturated(values, layer, sums.cells), picked)


def _locality(values: torch.Tensor, layer: LayerPlan, sums: Sums) -> NDArray[np.float64]:
    """The participation ratio ``(sum a)^2 / (n sum a^2)`` of the positive part ``a``."""
    total, squares = sums.total, sums.squares
    if layer.signed:
        up = values.double().clamp_(min=0)
        # all n, padding too: how many are added up side by side may change the last digits
        total, squares = (part.numpy()[: len(total)] for part in (up.sum(1), up.mul_(up).sum(1)))
    whole = sums.cells * squares
    return np.divide(total**2, whole, out=np.zeros_like(total), where=whole > 0)


def _saturated(
    values: torch.Tensor, layer: LayerPlan, cells: NDArray[np.int64]
) -> NDArray[np.int64]:
    """``(c,)`` cells at the layer's bounds or beyond them."""
    if layer.bounds is None:
        return np.zeros(layer.channels, np.int64)
    low, high, _ = layer.bounds
    real = values[: len(cells)]
    found: NDArray[np.int64] = ((real <= low) | (real >= high)).sum((0, 1)).numpy()
    if low < 0 < high:
        return found
    filled = values.shape[1] - cells  # zeros that are no cells, at or beyond a bound here
    found -= np.broadcast_to(filled, (len(real), layer.channels)).sum(axis=0)
    return found
