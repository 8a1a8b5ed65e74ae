"""Projection blocks, as they come, into tiles on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from convscope.render.gain import GAINS
from convscope.render.scratch import Scratch, TileBlock
from convscope.render.survey import LayerSurvey, Survey
from convscope.render.tile import projection_tile
from convscope.results.projection_block import ProjectionBlock

Progress = Callable[[int, int, str], None]


def draw(
    survey: Survey,
    blocks: Iterable[ProjectionBlock],
    scratch: Scratch,
    gain: str,
    progress: Progress,
) -> None:
    """Consume the blocks; what is drawn stays on disk, also when this is interrupted."""
    total = sum(int(one.expected(rank).sum()) for one, rank in survey.pairs())
    done = sum(
        len(found) for one in survey.layers for found in scratch.drawn(one.layer.number).values()
    )
    known = {one.layer.number for one in survey.layers}
    before: tuple[int, int] | None = None
    for block in blocks:
        pair = (block.layer.number, block.rank)
        if pair[0] not in known or block.rank > survey.ranks or not len(block.channels):
            continue
        if before is not None and before != pair:
            scratch.finish(*before)
        scratch.save(rendered(block, gain))
        before = pair
        done += len(block.channels)
        progress(min(done, total), total, "drawing projections")
    _finish(survey, scratch)


def rendered(block: ProjectionBlock, gain: str) -> TileBlock:
    """The tiles of a block as pixels."""
    pairs = [projection_tile(tile, GAINS[gain]) for tile in block.tiles]
    tiles = np.stack([pixels for pixels, _ in pairs])
    scales = np.where(block.zero, 0.0, [scale for _, scale in pairs])
    return TileBlock(block.layer.number, block.rank, np.asarray(block.channels), tiles, scales)


def _finish(survey: Survey, scratch: Scratch) -> None:
    """Mark what is wholly drawn once the blocks are exhausted.

    A channel may be left out on purpose (its projection cannot be drawn), so where every pair has
    blocks, all pairs are finished.
    """
    drawn = {one.layer.number: scratch.drawn(one.layer.number) for one in survey.layers}
    pairs = list(survey.pairs())
    everywhere = all(drawn[one.layer.number].get(rank) for one, rank in pairs)
    for one, rank in pairs:
        if everywhere or _covered(one, rank, drawn[one.layer.number]):
            scratch.finish(one.layer.number, rank)


def _covered(one: LayerSurvey, rank: int, drawn: dict[int, set[int]]) -> bool:
    wanted: Any = np.flatnonzero(one.expected(rank))
    return set(wanted.tolist()) <= drawn.get(rank, set())
