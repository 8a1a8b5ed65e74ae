"""Blocks of tiles in a near-square on the ground, each under its channel's number."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np

from convscope.color.luts import GROUND
from convscope.render.lettering import PAPER, strip
from convscope.render.tile import Pixels


def mosaic(blocks: Sequence[Pixels], channels: Sequence[int]) -> Pixels:
    """All blocks, which are of one size, in rows as many as make the whole most nearly square."""
    titled = [_titled(block, channel) for block, channel in zip(blocks, channels, strict=True)]
    across, (high, wide) = ceil(sqrt(len(titled))), titled[0].shape[:2]
    gap = max(6, wide // 24)
    rows = ceil(len(titled) / across)
    out = np.full((rows * (high + gap) + gap, across * (wide + gap) + gap, 3), GROUND, np.uint8)
    for place, block in enumerate(titled):
        row, column = divmod(place, across)
        y, x = gap + row * (high + gap), gap + column * (wide + gap)
        out[y : y + high, x : x + wide] = block
    return out


def _titled(block: Pixels, channel: int) -> Pixels:
    size = max(11, block.shape[1] // 16)
    label = strip(str(channel), block.shape[1], size, pad=2).astype(int)
    return np.concatenate([np.clip(label - (PAPER - GROUND), 0, 255).astype(np.uint8), block])
