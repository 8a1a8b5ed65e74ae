"""What each channel of an atlas is: dead, rare, a duplicate, ... over the whole data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.doctor.dominance import dominance
from convscope.doctor.filters import LayerFilters
from convscope.doctor.likeness import likeness
from convscope.doctor.thresholds import THRESHOLDS

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.results.layer import Layer

Numbers = NDArray[np.float64]
KINDS = (
    "non-finite", "dead", "saturated", "collapsed", "duplicate", "dominant", "constant",
    "always on", "rare",
)  # fmt: skip
MEASURES = (
    "fired_images", "fired_cells", "twin", "twin_correlation", "cosine", "dominance", "gain",
    "locality", "saturated",
)  # fmt: skip
"""Of a channel; ``twin`` is the number of the channel it is most like, -1: none."""


@dataclass(frozen=True)
class Channels:
    """The channels of all layers of an atlas, one after the other."""

    kinds: Mapping[str, NDArray[np.bool_]]
    """(units,) by name, in the order of `KINDS`."""
    measures: Mapping[str, Numbers]
    """(units,) by name, in the order of `MEASURES`; NaN where one does not apply."""


def channels(
    atlas: Atlas, filters: Mapping[int, LayerFilters], gains: Mapping[int, Numbers]
) -> Channels:
    """Read every channel's measures and hold them to the thresholds.

    Args:
        atlas: of the network.
        filters: of its layers, by number, as they act: where a BatchNorm follows, sizes of the
            weights themselves mean nothing.
        gains: of the BatchNorm between a layer's op and the layer, by its number.
    """
    every = [_layer(atlas, layer, filters.get(layer.number), gains.get(layer.number))
             for layer in atlas.layers]  # fmt: skip
    return Channels(
        {name: np.concatenate([kinds[name] for kinds, _ in every]) for name in KINDS},
        {name: np.concatenate([found[name] for _, found in every]) for name in MEASURES},
    )


def _layer(
    atlas: Atlas, layer: Layer, own: LayerFilters | None, gain: Numbers | None
) -> tuple[dict[str, NDArray[np.bool_]], dict[str, Numbers]]:
    units, found = atlas.units(layer), _measures(atlas, layer, own, gain)
    is_live = units.status == "live"
    kinds = {
        "non-finite": units.status == "nonfinite",
        "dead": units.status == "dead",
        "saturated": is_live & _beyond(found["saturated"], "saturated"),
        "collapsed": found["gain"] < THRESHOLDS["collapsed"].value,
        "duplicate": is_live & _is_duplicate(found),
        "dominant": _beyond(found["dominance"], "dominant"),
        "constant": units.status == "constant",
        "always on": is_live & (not layer.signed) & _beyond(found["fired_cells"], "always"),
        "rare": is_live & (not layer.signed)
        & (found["fired_images"] < THRESHOLDS["rare"].value),
    }  # fmt: skip
    return kinds, found


def _measures(
    atlas: Atlas, layer: Layer, own: LayerFilters | None, gain: Numbers | None
) -> dict[str, Numbers]:
    units, health = atlas.units(layer), atlas.health(layer)
    nothing = np.full(layer.channels, np.nan)
    alike = None if own is None or _differs(own, layer) else likeness(own.weights, own.groups)
    size = nothing if own is None or _differs(own, layer) else dominance(own.weights)
    return {
        "fired_images": np.asarray(units.fired_images, np.float64),
        "fired_cells": np.asarray(units.fired_cells, np.float64),
        "twin": _twin(health, nothing),
        "twin_correlation": _of(health, "twin_correlation", nothing),
        "cosine": nothing if alike is None else alike.cosine,
        "dominance": size,
        "gain": nothing if gain is None else _over_strong(np.abs(gain)),
        "locality": _of(health, "locality", nothing),
        "saturated": _of(health, "saturated", nothing),
    }


def _differs(own: LayerFilters, layer: Layer) -> bool:
    """Whether the op has other channels than the layer, as before a pixel shuffle."""
    return len(own.weights) != layer.channels


def _of(health: Any, name: str, nothing: Numbers) -> Numbers:
    return nothing if health is None else np.asarray(getattr(health, name), np.float64)


def _twin(health: Any, nothing: Numbers) -> Numbers:
    return np.full_like(nothing, -1) if health is None else np.asarray(health.twin, np.float64)


def _over_strong(values: Numbers) -> Numbers:
    """Over what the strongest tenth exceeds: a median falls with a layer that mostly collapsed."""
    strong = float(np.quantile(values, 0.9))
    return values / strong if strong > 0 else np.zeros_like(values)


def _beyond(values: Numbers, name: str) -> NDArray[np.bool_]:
    return np.asarray(values > THRESHOLDS[name].value)


def _is_duplicate(found: Mapping[str, Numbers]) -> NDArray[np.bool_]:
    """Whether it does what another does: as it acts or, where that was not counted, its filter.

    Filters that differ in their bias alone are two thresholds, and no duplicates. A correlation of
    -1 is none either: a rectifier keeps the other half.
    """
    acts = _beyond(found["twin_correlation"], "duplicate")
    unknown = np.isnan(found["twin_correlation"])
    return acts | (unknown & _beyond(found["cosine"], "duplicate"))
