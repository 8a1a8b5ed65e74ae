"""Tiles of finished work, looked up by channel, and the sheets made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND
from convscope.render.report.scratch import Scratch, TileBlock
from convscope.render.report.sheet import compose
from convscope.render.report.survey import LayerSurvey
from convscope.render.tile import Pixels


@dataclass(frozen=True)
class LayerTiles:
    """All tiles of one layer, mapped from disk."""

    one: LayerSurvey
    blocks: tuple[TileBlock, ...]
    patches: NDArray[np.uint8]
    """(C, k, t, t, 3)"""
    block: NDArray[np.int64]
    """(C, k) which block holds a projection; -1: none."""
    row: NDArray[np.int64]
    """(C, k) where in that block."""

    def projection(self, channel: int, rank: int) -> Pixels:
        """The projection at a 1-based rank, ground where there is none."""
        block = int(self.block[channel, rank - 1])
        if block < 0:
            return np.full(self.patches.shape[2:], GROUND, np.uint8)
        return np.asarray(self.blocks[block].tiles[int(self.row[channel, rank - 1])])

    def patch(self, channel: int, rank: int) -> Pixels:
        """The patch at a 1-based rank, ground where there is none."""
        if self.one.top.image[channel, rank - 1] < 0:
            return np.full(self.patches.shape[2:], GROUND, np.uint8)
        return np.asarray(self.patches[channel, rank - 1])

    def scale(self, channel: int, rank: int) -> float | None:
        """Full scale of a projection; None where it is not drawn."""
        block = int(self.block[channel, rank - 1])
        return None if block < 0 else float(self.blocks[block].scales[self.row[channel, rank - 1]])

    def sheet(self, channel: int, ranks: int) -> Pixels:
        """The sheet of a channel with its first ranks."""
        shown = range(1, min(ranks, self.one.top.image.shape[1]) + 1)
        projections = np.stack([self.projection(channel, rank) for rank in shown])
        patches = np.stack([self.patch(channel, rank) for rank in shown])
        return compose(self.one.shape, projections, patches)


def layer_tiles(one: LayerSurvey, scratch: Scratch) -> LayerTiles:
    """Open the tiles of a layer."""
    blocks = tuple(scratch.blocks(one.layer.number))
    where = np.full((2, *one.top.image.shape), -1, np.int64)
    for number, block in enumerate(blocks):
        if block.rank <= where.shape[2]:
            where[0, block.channels, block.rank - 1] = number
            where[1, block.channels, block.rank - 1] = np.arange(len(block.channels))
    patches: Any = np.load(scratch.patches(one.layer.number), mmap_mode="r")
    return LayerTiles(one, blocks, patches, where[0], where[1])
