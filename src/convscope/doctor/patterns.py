"""What the weights of each layer of an atlas look like, as one number a measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.doctor.alias import alias_share
from convscope.doctor.dispersion import dispersion
from convscope.doctor.filters import LayerFilters, filters_behind
from convscope.doctor.rank import weight_rank
from convscope.doctor.spectrum import noise
from convscope.tally.known import median_known

if TYPE_CHECKING:
    from convscope.net.net import Net
    from convscope.results.layer import Layer

PATTERNS = (
    "prominence",
    "structure",
    "structure_z",
    "evenness_z",
    "dispersion_z",
    "weight_rank",
    "noise",
    "alias",
)
"""Names of the measures of `patterns`."""
_NOWHERE = dict.fromkeys(PATTERNS, np.nan)


def filters_by_layer(
    net: Net, layers: Sequence[Layer], *, effective: bool = False
) -> Mapping[int, LayerFilters]:
    """The `filters_behind` each layer, by its number; none of sums.

    Of layers that the same op feeds only the last has them: its weights are judged once.

    ``effective``: with the gain of the BatchNorm that follows, as they act.
    """
    tape = net.tape()
    found = {layer.number: filters_behind(tape, layer, effective=effective) for layer in layers}
    last = {one.number: number for number, one in found.items() if one is not None}
    return {number: one for number, one in found.items() if one and last[one.number] == number}


def patterns(
    layers: Sequence[Layer], filters: Mapping[int, LayerFilters], shuffles: int
) -> dict[str, NDArray[np.float64]]:
    """Each of `PATTERNS` for every layer, ``(layers,)``; NaN where it has no such filters.

    Args:
        layers: of the atlas.
        filters: `filters_by_layer` of the network, or of a floor of it.
        shuffles: random orders of the weights that a pattern is held to.
    """
    rows = [
        _patterns(filters[layer.number], shuffles) if layer.number in filters else _NOWHERE
        for layer in layers
    ]
    return {name: np.array([row[name] for row in rows], float) for name in PATTERNS}


def _patterns(one: LayerFilters, shuffles: int) -> dict[str, float]:
    rank = weight_rank(one.weights, shuffles=shuffles)
    return {
        "prominence": rank.ratio,
        "structure": rank.beyond,
        "structure_z": rank.z,
        "evenness_z": rank.effective_z,
        "dispersion_z": _most(dispersion(one.weights, shuffles=shuffles)),
        "weight_rank": rank.effective_ratio,
        "noise": median_known(noise(one.weights)),
        "alias": median_known(alias_share(one.weights, one.stride)) if one.is_first else np.nan,
    }


def _most(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.max()) if len(known) else np.nan
