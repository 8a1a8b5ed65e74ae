"""What is compared between two checkpoints, and what is kept of one to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.doctor.cosine import cosines
from convscope.doctor.matching import alive, correlations, kept
from convscope.doctor.overlap import overlap
from convscope.experiments.evolution.moment import Channels, Seen
from convscope.images.read import read_from
from convscope.render.resize import area_mean, square
from convscope.render.tile import Pixels, patch_tile, tile_size
from convscope.tally.known import mean_known

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """One layer at one checkpoint, compared with itself at another."""

    overlap: Numbers
    """(C,) of all channels; NaN where one fires at neither."""
    unit_similarity: Numbers
    """(u,) of the chosen units."""
    correlation: Numbers
    """(C,) of all channels; NaN where one is constant."""
    kept: float
    compared: int


@dataclass(frozen=True)
class Shown:
    """One unit at one checkpoint."""

    value: float
    image: int
    cell: tuple[int, int]
    label: str
    projection: NDArray[np.float32]
    """(c, t, t)"""
    patch: Pixels
    """(t, t, 3)"""


def compared(one: Seen, other: Seen) -> Likeness:
    """Everything that is compared of one layer."""
    table = correlations(one.samples, other.samples)
    return Likeness(
        overlap(one.top.image, other.top.image),
        cosines(one.projections, other.projections),
        np.diagonal(table),
        kept(table),
        len(alive(table)),
    )


def others(seen: Seen, channels: NDArray[np.int64], seed: int = 0) -> tuple[float, float, float]:
    """Overlap, similarity and correlation of a channel with another of its layer; means.

    What is left of them when the unit is another one: how alike a layer's units are anyway. NaN
    where there is no other.
    """
    drawn = np.random.default_rng(seed)
    order = drawn.permutation(len(seen.top.image))
    table = correlations(seen.samples, seen.samples)
    apart = ~np.eye(len(table), dtype=bool)
    pairs = np.triu_indices(len(channels), 1)
    return (
        mean_known(
            overlap(seen.top.image[order], seen.top.image[np.roll(order, 1)])[len(order) < 2 :]
        ),
        mean_known(cosines(seen.projections[pairs[0]], seen.projections[pairs[1]])),
        mean_known(table[apart]),
    )


def shown(atlas: Atlas, seen: Mapping[str, Seen], channels: Channels) -> list[Shown]:
    """The chosen units of all layers, one after the other."""
    return [
        _shown(atlas, one, place, int(channel))
        for name, one in seen.items()
        for place, channel in enumerate(channels[name])
    ]


def _shown(atlas: Atlas, seen: Seen, place: int, channel: int) -> Shown:
    top, frame = seen.top, seen.projections.shape[2:]
    image, y, x = (int(part[channel, 0]) for part in (top.image, top.y, top.x))
    small = area_mean(square(seen.projections[place]), tile_size(*frame))
    value = float(top.value[channel, 0])
    if image < 0:
        grey = np.full((*small.shape[1:], 3), 128, np.uint8)
        return Shown(value, image, (y, x), "", small, grey)
    prepared = read_from(atlas.source(), image, atlas.preprocessing)
    box = seen.layer.field.frame((y, x), *atlas.preprocessing.size)
    return Shown(value, image, (y, x), _label(atlas, image), small, patch_tile(prepared.shown, box))


def _label(atlas: Atlas, image: int) -> str:
    from convscope.render.provenance import class_names

    label = atlas.image(image).label or ""
    return class_names(atlas).get(label, label)
