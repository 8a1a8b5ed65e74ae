"""The activations of the uncovered image, ready to be cut into windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from convscope.geometry.walk import IMAGE
from convscope.net.tape import Tape
from convscope.net.windows import Ints, Place, extent


@dataclass(frozen=True)
class Base:
    """One image's activations by op; the image itself is op -1."""

    tape: Tape
    results: Mapping[int, Tensor]
    _rows: dict[tuple[int, float], Tensor] = field(default_factory=dict)
    _sums: dict[int, Tensor] = field(default_factory=dict)

    def axes(self, number: int) -> str:
        """Layout of an op's result."""
        return "nchw" if number == IMAGE else self.tape.ops[number].axes

    def cut(self, number: int, place: Place, changed: Tensor, where: Place, fill: float) -> Tensor:
        """Windows at ``place``: what changed lies ``where``, the rest stands, outside is ``fill``.

        A cell of all channels is one row of memory, so windows are put together row by row.
        """
        count, order = len(place.rows), [self.axes(number).index(axis) for axis in "nhwc"]
        rows = self._table(number, fill, order)
        height, width = extent(self.tape, number)
        made = rows.index_select(0, _standing(place, height, width, rows.device))
        new = changed.permute(order)
        taken, put = _laid(place, where)
        new = new.reshape(-1, new.shape[-1])
        if len(taken) != len(new):
            new = new.index_select(0, torch.from_numpy(taken).to(new.device))
        made.index_copy_(0, torch.from_numpy(put).to(made.device), new)
        back = ["nhwc".index(axis) for axis in self.axes(number)]
        return made.view(count, place.height, place.width, -1).permute(back)

    def sums(self, number: int, place: Place) -> Tensor:
        """Sum over each window of (b, c), from a table of sums over all cells before."""
        if number not in self._sums:
            table = self.results[number][0].double().cumsum(1).cumsum(2)
            self._sums[number] = torch.nn.functional.pad(table, (1, 0, 1, 0))
        table, result = self._sums[number], self.results[number]
        y0, x0 = torch.from_numpy(place.rows), torch.from_numpy(place.columns)
        y1, x1 = y0 + place.height, x0 + place.width
        total = table[:, y1, x1] - table[:, y0, x1] - table[:, y1, x0] + table[:, y0, x0]
        return total.T.to(result.dtype)

    def _table(self, number: int, fill: float, order: list[int]) -> Tensor:
        """Every cell as a row of channels, and last a row of what lies outside."""
        if (number, fill) not in self._rows:
            rows = self.results[number].permute(order).flatten(0, 2)
            outside = rows.new_full((1, rows.shape[1]), fill)
            self._rows[number, fill] = torch.cat([rows, outside])
        return self._rows[number, fill]


def _standing(place: Place, height: int, width: int, device: torch.device) -> Tensor:
    """Row of the table for each cell of the windows."""
    y = place.rows[:, None, None] + np.arange(place.height)[None, :, None]
    x = place.columns[:, None, None] + np.arange(place.width)[None, None, :]
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    return torch.from_numpy(np.where(inside, y * width + x, height * width).reshape(-1)).to(device)


def _laid(place: Place, where: Place) -> tuple[Ints, Ints]:
    """Which changed cells lie in the windows asked for, and in which of their rows."""
    y = where.rows[:, None] - place.rows[:, None] + np.arange(where.height)
    x = where.columns[:, None] - place.columns[:, None] + np.arange(where.width)
    inside_y, inside_x = (y >= 0) & (y < place.height), (x >= 0) & (x < place.width)
    inside = (inside_y[:, :, None] & inside_x[:, None, :]).reshape(-1)
    first = np.arange(len(place.rows))[:, None] * place.height
    put = ((first + y)[:, :, None] * place.width + x[:, None, :]).reshape(-1)
    return np.flatnonzero(inside), put[inside]
