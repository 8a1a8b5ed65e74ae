"""The strongest patches of a unit, cut from the images of an atlas."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.methods.patches import patches
from convscope.results.layer import Layer


def strongest_patches(
    atlas: Any, layer: Layer, channel: int, count: int, shown: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Patches (k, fh, fw, c) of a unit, strongest first.

    None without an atlas, of a layer that is not in it, and of a channel that never fires.

    Args:
        atlas: an opened atlas, or None.
        layer: the unit's.
        channel: the unit's.
        count: at most so many.
        shown: (h, w, c) any image of the network's size, for the shape.
    """
    if atlas is not None and layer.name in {one.name for one in atlas.layers}:
        top = atlas.top(layer.name)
        ranks = [rank for rank in range(count) if top.image[channel, rank] >= 0]
        if ranks:
            cells = [(int(top.y[channel, r]), int(top.x[channel, r])) for r in ranks]
            images = [int(top.image[channel, r]) for r in ranks]
            return patches(atlas.source(), atlas.preprocessing, layer, images, cells)
    return np.zeros((0, *shown.shape), np.uint8)
