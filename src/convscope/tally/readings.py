"""What is read off one layer's activations of one batch, before a later op overwrites them.

Every cell is looked at twice, by a maximum along rows and by a sum; both stream through memory
in whichever layout the tensor has. Row maxima make the search for a cell cheap: only the one row
that holds it is read again, so a batch in which every unit finds a new best costs little more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from convscope.errors import ForwardError
from convscope.tally.plan import LayerPlan

VECTOR, NARROW = 32, 256
"""Channels that a maximum over channels-last maps takes at once: over 16 it is 20 times slower,
over 48 four times, over 256 it no longer matters. Pooling does not mind."""


@dataclass(frozen=True)
class Side:
    """The strongest (sign 1) or weakest (sign -1) end of a layer, as keys to be maximized."""

    sign: int
    cells: torch.Tensor
    """``(n, c, h, w)`` activations; non-finite ones are at the far end."""
    rows: torch.Tensor
    """``(n, c, h)`` float32 keys: the best of each row."""
    peak: NDArray[np.float32]
    """``(n, c)`` the best key of each map; minus infinity where no cell is finite."""


@dataclass(frozen=True)
class Reading:
    """One layer's numbers for each image ``(n, c)`` of a batch, padding included."""

    top: Side
    bottom: Side | None
    total: NDArray[np.float64]
    """Sum over the finite cells: a float32 sum, or float64 in images with non-finite cells."""
    bad: NDArray[np.int64] | None
    """Non-finite cells; None: there are none."""

    @property
    def sides(self) -> tuple[Side, ...]:
        """The top, and the bottom where it is kept."""
        return (self.top,) if self.bottom is None else (self.top, self.bottom)


def as_maps(x: torch.Tensor, layer: LayerPlan, name: str) -> torch.Tensor:
    """The activation as ``(n, c, h, w)``; a vector has maps of one cell.

    Raises:
        ForwardError: this run gave the layer another shape than the plan's.
    """
    maps = x[:, :, None, None] if x.ndim == 2 else x
    if tuple(maps.shape[1:]) != (layer.channels, layer.height, layer.width):
        raise ForwardError(
            f"{name} gave {tuple(x.shape[1:])} for this batch where the network's first run gave "
            f"{(layer.channels, layer.height, layer.width)} (channels, height, width). A pass "
            "needs a network whose shapes depend on nothing but the input's size."
        )
    return maps.detach()


def read(x: torch.Tensor, signed: bool) -> Reading:
    """Read maps ``(n, c, h, w)``. Keys are float32, whatever the network computes in."""
    total = x.sum((2, 3), dtype=torch.float32).cpu().numpy()
    if not np.isfinite(total).all():
        return _read_masked(x.cpu().float(), total, signed)
    bottom = _side(x, -1) if signed else None
    top = _side(x, 1, positive=not signed)
    return Reading(top, bottom, total.astype(np.float64), None)


def _read_masked(x: torch.Tensor, total: NDArray[np.float32], signed: bool) -> Reading:
    """The exact, slow way, for batches with NaN, infinity or a sum beyond float32."""
    bad = ~x.isfinite()
    exact = x.masked_fill(bad, 0.0).sum((2, 3), dtype=torch.float64).numpy()
    # images without such cells keep their float32 sum: it must not depend on their neighbours
    affected = ~np.isfinite(total).all(axis=1, keepdims=True)
    bottom = _side(x.masked_fill(bad, torch.inf), -1) if signed else None
    return Reading(
        _side(x.masked_fill(bad, -torch.inf), 1),
        bottom,
        np.where(affected, exact, total.astype(np.float64)),
        bad.sum((2, 3)).numpy(),
    )


def _side(cells: torch.Tensor, sign: int, positive: bool = False) -> Side:
    rows = _along_rows(cells, sign, positive).float()
    # -0 and 0 tie, and which of them a maximum returns is not defined
    return Side(sign, cells, rows, _best_row(rows).cpu().numpy() + np.float32(0))


def _along_rows(cells: torch.Tensor, sign: int, positive: bool) -> torch.Tensor:
    """``(n, c, h)`` keys, reduced over x in the layout the cells have: 14 times faster so.

    Finite floats that are not negative rise as their bits do, and a maximum of whole numbers
    need not look for NaN.
    """
    last = cells.stride(1) == 1
    channels = cells.shape[1]
    if last and sign > 0 and channels < NARROW and channels % VECTOR:
        return F.max_pool2d(cells, (1, cells.shape[3])).squeeze(3)
    maps, axis = (cells.permute(0, 2, 3, 1), 2) if last else (cells, 3)
    if positive and cells.dtype == torch.float32:
        rows = maps.view(torch.int32).amax(axis).view(torch.float32)
        return rows.permute(0, 2, 1) if last else rows
    rows = maps.amax(axis) if sign > 0 else maps.amin(axis).neg_()
    return rows.permute(0, 2, 1) if last else rows


def _best_row(rows: torch.Tensor) -> torch.Tensor:
    """``(n, c)``, again in the layout at hand."""
    return rows.permute(0, 2, 1).amax(1) if rows.stride(1) == 1 else rows.amax(2)


def locate(side: Side, n: NDArray[Any], c: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """``(y, x)`` of the first best cell of the maps ``n, c``, by y, then x."""
    image, channel = (torch.from_numpy(i).to(side.rows.device) for i in (n, c))
    y = side.rows[image, channel].argmax(1)
    row = side.cells[image, channel, y].float()
    x = (row if side.sign > 0 else -row).argmax(1)
    return y.cpu().numpy(), x.cpu().numpy()


def spread_out(
    side: Side, n: NDArray[Any], c: NDArray[Any], count: int, gap: tuple[int, int]
) -> list[tuple[NDArray[np.float32], NDArray[Any], NDArray[Any]]]:
    """Up to ``count`` cells ``(key, y, x)`` of each map, greedily, none too near a better one.

    A cell is too near when it is less than ``gap`` away along both axes; where no cell is left
    the key is minus infinity.
    """
    image, channel = (torch.from_numpy(i).to(side.rows.device) for i in (n, c))
    maps = (side.cells[image, channel].float() * side.sign + 0.0).cpu().numpy()
    rows, columns = np.arange(maps.shape[1])[:, None], np.arange(maps.shape[2])
    found = []
    for _ in range(count):
        y, x = np.unravel_index(maps.reshape(len(maps), -1).argmax(axis=1), maps.shape[1:])
        found.append((maps[np.arange(len(maps)), y, x], y, x))
        near = abs(rows - y[:, None, None]) < gap[0]
        maps[near & (abs(columns - x[:, None, None]) < gap[1])] = -np.inf
    return found
