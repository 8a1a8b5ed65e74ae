"""What one checkpoint does: strongest patches, projections, activations, health, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.unpack import Top
from convscope.doctor.activity import dead, firing
from convscope.doctor.filters import LayerFilters, filters_behind
from convscope.doctor.rank import weight_rank
from convscope.doctor.spectrum import noise
from convscope.experiments.evolution.atlas import TOP
from convscope.experiments.evolution.cells import sampled
from convscope.experiments.evolution.options import EvolveOptions
from convscope.progress import Progress
from convscope.results.layer import Layer
from convscope.tally.known import mean_known

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.net.net import Net

Channels = Mapping[str, NDArray[np.int64]]
"""The units that are projected, by layer."""


@dataclass(frozen=True)
class Seen:
    """One layer at one checkpoint."""

    layer: Layer
    top: Top
    """Nine strongest cells of all channels."""
    projections: NDArray[np.float32]
    """(u, c, fh, fw) of the chosen units, in the frame; zeros where one never fires."""
    samples: NDArray[np.float32]
    """(n, C) activations in the sampled cells."""
    health: Mapping[str, float]
    """dead, firing, noise, structure."""


def choose_units(atlas: Atlas, layers: Sequence[str], options: EvolveOptions) -> Channels:
    """Units at random of those that fire, in the order drawn; all where there are fewer."""
    return {name: _drawn(atlas, atlas.layer(name), options.units, options.seed) for name in layers}


def look(
    net: Net, atlas: Atlas, channels: Channels, options: EvolveOptions, progress: Progress
) -> dict[str, Seen]:
    """Look at one checkpoint, layer by layer."""
    layers = [atlas.layer(name) for name in channels]
    readable = _readable(atlas)
    cells = sampled(
        net, layers, atlas.source(), readable,
        samples=options.samples, batch=options.batch, seed=options.seed,
    )  # fmt: skip
    found = {}
    for done, layer in enumerate(layers):
        progress(done, len(layers), "projecting")
        drawn = projected(net, atlas, layer, channels[layer.name])
        health = _health(atlas, layer, filters_behind(net.tape(), layer))
        found[layer.name] = Seen(layer, _nine(atlas, layer), drawn, cells[layer.number], health)
    progress(len(layers), len(layers), "projecting")
    return found


def projected(
    net: Net, atlas: Atlas, layer: Layer, channels: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Projections of rank 1 of some channels, (u, c, fh, fw), in their order."""
    from convscope.methods.project_atlas import project_all

    frame = layer.field.frame((0, 0), *atlas.preprocessing.size)
    shape = (len(channels), atlas.preprocessing.channels, frame.height, frame.width)
    found, place = np.zeros(shape, np.float32), {int(c): i for i, c in enumerate(channels)}
    chosen = frozenset(place)
    for block in project_all(net, atlas, layers=[layer], ranks=[1], channels=chosen):
        for channel, tile in zip(block.channels.tolist(), block.tiles, strict=True):
            found[place[channel]] = tile
    return found


def _nine(atlas: Atlas, layer: Layer) -> Top:
    """The nine strongest that fire: the images that are listed at 0 are any."""
    top = atlas.top(layer)
    fires = layer.signed | (top.value > 0)
    image = np.where(fires, top.image, -1)
    return Top(top.value[:, :TOP], image[:, :TOP], top.y[:, :TOP], top.x[:, :TOP])


def _drawn(atlas: Atlas, layer: Layer, units: int, seed: int) -> NDArray[np.int64]:
    top = atlas.top(layer)
    fires = np.flatnonzero((top.image[:, 0] >= 0) & (layer.signed | (top.value[:, 0] > 0)))
    return np.random.default_rng((seed, layer.number)).permutation(fires)[:units]


def _readable(atlas: Atlas) -> list[int]:
    failed = {row.number for row in atlas.failed()}
    return [number for number in range(atlas.image_count) if number not in failed]


def _health(atlas: Atlas, layer: Layer, filters: LayerFilters | None) -> dict[str, float]:
    weights, nan = None if filters is None else filters.weights, float("nan")
    return {
        "dead": dead(atlas, layer),
        "firing": firing(atlas, layer),
        "noise": nan if weights is None else mean_known(noise(weights)),
        "structure": nan if weights is None else weight_rank(weights).beyond,
    }
