"""Projection blocks, as they come, into tiles on disk."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from convscope.progress import Progress
from convscope.render.gain import GAINS
from convscope.render.report.scratch import Scratch, TileBlock
from convscope.render.report.survey import Survey
from convscope.render.tile import projection_tile
from convscope.results.projection_block import ProjectionBlock


def draw(
    survey: Survey,
    blocks: Iterable[ProjectionBlock],
    scratch: Scratch,
    gain: str,
    progress: Progress,
) -> None:
    """Consume the blocks; what is drawn stays on disk, also when this is interrupted.

    Within a rank, blocks of several layers may come in any order. A layer's rank is finished once
    all its channels are drawn, or, since a channel may be left out on purpose, once blocks of the
    next rank come or the blocks are exhausted.
    """
    lacking = _lacking(survey, scratch)
    total = sum(int(one.expected(rank).sum()) for one, rank in survey.pairs())
    before = 0
    for block in blocks:
        pair = (block.layer.number, block.rank)
        if pair not in lacking or not len(block.channels):
            continue
        scratch.save(rendered(block, gain))
        lacking[pair] -= set(block.channels.tolist())
        if not lacking[pair]:
            scratch.finish(*pair)
        if before and block.rank > before:
            _finish(survey, scratch, before)
        before = block.rank
        progress(total - sum(map(len, lacking.values())), total, "drawing projections")
    _finish(survey, scratch, survey.ranks)


def _lacking(survey: Survey, scratch: Scratch) -> dict[tuple[int, int], set[int]]:
    """Channels that are not drawn yet, by layer number and rank."""
    drawn = {one.layer.number: scratch.drawn(one.layer.number) for one in survey.layers}
    return {
        (one.layer.number, rank): set(np.flatnonzero(one.expected(rank)).tolist())
        - drawn[one.layer.number].get(rank, set())
        for one, rank in survey.pairs()
    }


def rendered(block: ProjectionBlock, gain: str) -> TileBlock:
    """The tiles of a block as pixels."""
    pairs = [projection_tile(tile, GAINS[gain]) for tile in block.tiles]
    tiles = np.stack([pixels for pixels, _ in pairs])
    scales = np.where(block.zero, 0.0, [scale for _, scale in pairs])
    return TileBlock(block.layer.number, block.rank, np.asarray(block.channels), tiles, scales)


def _finish(survey: Survey, scratch: Scratch, last: int) -> None:
    """Mark the ranks up to ``last`` as finished, if each of their layers has been drawn at all."""
    pairs = [(one.layer.number, rank) for one, rank in survey.pairs() if rank <= last]
    drawn = {number: scratch.drawn(number) for number in {number for number, _ in pairs}}
    if all(drawn[number].get(rank) for number, rank in pairs):
        for pair in pairs:
            scratch.finish(*pair)
