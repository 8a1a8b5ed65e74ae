"""The tiles of some channels, taken from projection blocks as they pass, and from the images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from convscope.color.luts import GROUND
from convscope.render.report.draw import rendered
from convscope.render.report.photographs import shown_of
from convscope.render.report.survey import LayerSurvey
from convscope.render.tile import Pixels, patch_tile, tile_size
from convscope.results.projection_block import ProjectionBlock

Scales = dict[tuple[int, int], float]
"""Full scale of a projection by channel and rank."""


def projections_of(
    one: LayerSurvey, blocks: Iterable[ProjectionBlock], some: Sequence[int], gain: str
) -> tuple[dict[int, Pixels], Scales]:
    """Projections (k, t, t, 3) of each channel, ground where there is none."""
    side, ranks = tile_size(*one.frame), one.top.image.shape[1]
    tiles = {channel: np.full((ranks, side, side, 3), GROUND, np.uint8) for channel in some}
    scales: Scales = {}
    for block in blocks:
        if block.layer.number != one.layer.number or block.rank > ranks:
            continue
        if np.isin(block.channels, some).any():
            drawn = rendered(_only(block, some), gain)
            for row, channel in enumerate(drawn.channels.tolist()):
                tiles[channel][block.rank - 1] = drawn.tiles[row]
                scales[channel, block.rank] = float(drawn.scales[row])
    return tiles, scales


def _only(block: ProjectionBlock, some: Sequence[int]) -> ProjectionBlock:
    kept = np.isin(block.channels, some)
    return ProjectionBlock(block.layer, block.rank, block.channels[kept], block.tiles[kept],
                           block.values[kept], np.asarray(block.zero)[kept])  # fmt: skip


def patches_of(atlas: Any, one: LayerSurvey, some: Sequence[int]) -> dict[int, Pixels]:
    """Patches (k, t, t, 3) of each channel, ground where there is none."""
    side, ranks, shown = tile_size(*one.frame), one.top.image.shape[1], shown_of(atlas)
    tiles = {channel: np.full((ranks, side, side, 3), GROUND, np.uint8) for channel in some}
    for channel in some:
        for rank in np.flatnonzero(one.top.image[channel] >= 0).tolist():
            pixels = shown(int(one.top.image[channel, rank]))
            tiles[channel][rank] = patch_tile(pixels, one.box(channel, rank + 1))
    return tiles
