"""What each layer of an atlas does over the whole data set, as one number a measure."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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


def _dead(atlas: Atlas, layer: Layer) -> float:
    return float(np.mean(atlas.units(layer).status == "dead"))


def _firing(atlas: Atlas, layer: Layer) -> float:
    """Median over channels of the share of cells above 0: a layer's sparsity is 1 less this."""
    return np.nan if layer.signed else _median(atlas.units(layer).fired_cells)


def _locality(atlas: Atlas, layer: Layer) -> float:
    """Median over channels of the share of cells that carry an image's activation."""
    found = atlas.health(layer) if layer.is_spatial else None
    return np.nan if found is None else _median(found.locality)


def _rank(atlas: Atlas, layer: Layer) -> float:
    """Effective rank over the number of channels: 1 where all directions are used alike."""
    found = atlas.effective_rank(layer)
    return np.nan if found is None else found / layer.channels


def _median(values: Numbers) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no channel at all has one: then it is NaN
        return float(np.nanmedian(values))


ACTIVITY: Mapping[str, Callable[[Atlas, Layer], float]] = MappingProxyType(
    {"dead": _dead, "firing": _firing, "locality": _locality, "rank": _rank}
)
