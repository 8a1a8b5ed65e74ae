"""The most telling channels of a group of layers in one row of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from convscope.color.luts import GROUND
from convscope.render.report.survey import LayerSurvey
from convscope.render.report.telling import varied
from convscope.render.report.tiles import LayerTiles
from convscope.render.resize import resize
from convscope.render.tile import Pixels

SIDE, GAP, MOST = 48, 2, 28
STEP = SIDE + GAP
HEIGHT = 2 * SIDE + GAP


@dataclass(frozen=True)
class Pair:
    """One channel in a strip."""

    one: LayerSurvey
    channel: int
    x: int
    """Where it begins in the strip's picture."""


def pairs(layers: Sequence[LayerSurvey]) -> tuple[Pair, ...]:
    """The channels of these layers that tell most, no image more than twice."""
    ranked = sorted(
        ((one, int(channel)) for one in layers for channel in one.order[: 4 * MOST]),
        key=lambda pair: -float(pair[0].score[pair[1]]),
    )
    kept = varied([int(one.top.image[channel, 0]) for one, channel in ranked], MOST)
    return tuple(Pair(*ranked[place], x=STEP * i) for i, place in enumerate(kept))


def strip(chosen: Sequence[Pair], tiles: Mapping[int, LayerTiles]) -> Pixels:
    """The picture of a strip: projections above, their patches below, on the ground."""
    out = np.full((HEIGHT, max(STEP * len(chosen) - GAP, 1), 3), GROUND, np.uint8)
    for pair in chosen:
        source = tiles[pair.one.layer.number]
        both = (source.projection(pair.channel, 1), source.patch(pair.channel, 1))
        for row, tile in enumerate(both):
            y = row * STEP
            out[y : y + SIDE, pair.x : pair.x + SIDE] = small(tile)
    return out


def small(tile: Pixels, side: int = SIDE) -> Pixels:
    """A tile (t, t, 3) at another side."""
    planes = resize(tile.transpose(2, 0, 1), side)
    return np.rint(planes).astype(np.uint8).transpose(1, 2, 0)
