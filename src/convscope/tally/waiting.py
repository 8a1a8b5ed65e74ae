"""Cells on their way into the products of channels, gathered until a product of matrices pays.

Blocks are cut by the number of cells, which come by image: so no sum depends on the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.tally.plan import Plan
from convscope.tally.state import State

BLOCK = 1024
"""Cells multiplied at once: a pass holds so many of each channel, 4 KiB."""

STRIP = 256
"""Channels multiplied at once with those from themselves on: each two channels once, nearly."""


class Waiting:
    """The cells of a shard that are in no product yet."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._blocks = [
            np.empty((BLOCK if crossed else 0, layer.channels), np.float32)
            for layer, crossed in zip(plan.layers, plan.crossed, strict=True)
        ]
        self._filled = [0] * len(plan.layers)

    def add(self, state: State, picked: Sequence[NDArray[np.float32]]) -> None:
        """Take the cells ``(n, c)`` of every layer, and multiply whenever a block is full."""
        for index, cells in enumerate(picked):
            if self._plan.crossed[index]:
                self._add(state, index, cells)

    def _add(self, state: State, index: int, cells: NDArray[np.float32]) -> None:
        while len(cells):
            filled = self._filled[index]
            taken, cells = np.split(cells, [BLOCK - filled])
            self._blocks[index][filled : filled + len(taken)] = taken
            self._filled[index] += len(taken)
            if self._filled[index] == BLOCK:
                self._multiply(state, index)

    def end(self, state: State) -> None:
        """Multiply what is left, at the end of a shard."""
        for index, filled in enumerate(self._filled):
            if filled:
                self._multiply(state, index)

    def _multiply(self, state: State, index: int) -> None:
        # torch and not NumPy: the number of its threads is part of what a pass is known by
        cells = torch.from_numpy(self._blocks[index][: self._filled[index]]).double()
        state.crossed[index] += len(cells)
        state.crossed_total[self._plan.span(index)] += cells.sum(0).numpy()
        _add_products(state.products[self._plan.triangle(index)], cells)
        self._filled[index] = 0


def _add_products(triangle: NDArray[np.float64], cells: torch.Tensor) -> None:
    """Add the products of each two columns, each two once, row by row."""
    channels, place = cells.shape[1], 0
    for start in range(0, channels, STRIP):
        strip = (cells[:, start : start + STRIP].T @ cells[:, start:]).numpy()
        for nth, row in enumerate(strip):
            size = channels - start - nth
            triangle[place : place + size] += row[nth:]
            place += size
