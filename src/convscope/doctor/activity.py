"""What each layer of an atlas does over the whole data set, as one number a measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.tally.known import median_known

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.results.layer import Layer

Numbers = NDArray[np.float64]


def activity(atlas: Atlas) -> dict[str, Numbers]:
    """Each measure of `ACTIVITY` for every layer, ``(layers,)``; NaN where it was not counted."""
    return {
        name: np.array([measure(atlas, layer) for layer in atlas.layers], float)
        for name, measure in ACTIVITY.items()
    }


def dead(atlas: Atlas, layer: Layer) -> float:
    """Share of the channels that never fire."""
    return float(np.mean(atlas.units(layer).status == "dead"))


def firing(atlas: Atlas, layer: Layer) -> float:
    """Median over channels of the share of cells above 0: a layer's sparsity is 1 less this."""
    return np.nan if layer.signed else median_known(atlas.units(layer).fired_cells)


def _locality(atlas: Atlas, layer: Layer) -> float:
    """Median over channels of the share of cells that carry an image's activation."""
    found = atlas.health(layer) if layer.is_spatial else None
    return np.nan if found is None else median_known(found.locality)


def _rank(atlas: Atlas, layer: Layer) -> float:
    """Effective rank over the number of channels: 1 where all directions are used alike."""
    found = atlas.effective_rank(layer)
    return np.nan if found is None else found / layer.channels


ACTIVITY: Mapping[str, Callable[[Atlas, Layer], float]] = MappingProxyType(
    {"dead": dead, "firing": firing, "locality": _locality, "rank": _rank}
)
