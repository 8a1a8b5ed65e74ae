"""One network of a comparison: its first filters measured, its second layer projected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.doctor import alias
from convscope.doctor.dominance import dominance
from convscope.doctor.filters import LayerFilters
from convscope.doctor.likeness import likeness
from convscope.doctor.spectrum import bands, filter_spectrum, noise, white_bands
from convscope.experiments.comparison.compared import Compared
from convscope.experiments.comparison.layers import FirstLayers
from convscope.experiments.comparison.options import CompareOptions
from convscope.progress import Progress
from convscope.results.comparison import DRAWN, Side
from convscope.results.layer import Layer

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.net.net import Net

Numbers = NDArray[np.float64]


def side_of(one: Compared, atlas: Atlas, options: CompareOptions, progress: Progress) -> Side:
    """Measure one network.

    Args:
        one: the network, its name, and its first layers.
        atlas: of its default layers over the images.
        options: how many channels, and which.
        progress: hears of the projections.
    """
    found = one.layers
    channels = _drawn(atlas, found.shown, options)
    projections, patches = _pictures(one.net, atlas, found.shown, channels, progress)
    return Side(
        filters=found.first.weights.astype(np.float32),
        measures=measures(found.first),
        projections=projections,
        patches=patches,
        drawn=_columns(atlas, found, channels, projections, patches),
        facts=_facts(one, atlas),
    )


def measures(first: LayerFilters) -> Numbers:
    """The numbers of each first filter, (C, 8), in the order of `MEASURES`."""
    weights = first.weights
    shares = bands(filter_spectrum(weights))
    return np.stack(
        [
            dominance(weights),
            noise(weights),
            *shares.T,
            alias.alias_share(weights, first.stride),
            alias.tuning(weights, first.stride).folded.astype(np.float64),
            likeness(weights, first.groups).cosine,
        ],
        axis=1,
    )


def _drawn(atlas: Atlas, layer: Layer | None, options: CompareOptions) -> NDArray[np.int64]:
    """Channels at random of those that fire, in their order."""
    if layer is None:
        return np.empty(0, np.int64)
    fires = np.flatnonzero(_fires(atlas, layer))
    order = np.random.default_rng(options.seed).permutation(fires)
    return np.sort(order[: options.channels])


def _fires(atlas: Atlas, layer: Layer) -> NDArray[Any]:
    top = atlas.top(layer.name)
    return np.asarray((top.image[:, 0] >= 0) & (layer.signed | (top.value[:, 0] > 0)))


def _pictures(
    net: Net,
    atlas: Atlas,
    layer: Layer | None,
    channels: NDArray[np.int64],
    progress: Progress,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Projections and patches of the channels' strongest cells; none where there is no layer."""
    from convscope.methods.patches import patches
    from convscope.methods.project_atlas import project_all

    count = atlas.preprocessing.channels
    if layer is None:
        return np.empty((0, count, 1, 1), np.float32), np.empty((0, 1, 1, count), np.uint8)
    top = atlas.top(layer.name)
    cells = [(int(top.y[c, 0]), int(top.x[c, 0])) for c in channels]
    images = top.image[channels, 0].tolist()
    pixels = patches(atlas.source(), atlas.preprocessing, layer, images, cells)
    tiles = np.zeros((len(channels), count, *pixels.shape[1:3]), np.float32)
    place = {int(channel): i for i, channel in enumerate(channels)}
    for block in project_all(
        net, atlas, layers=[layer], ranks=[1], channels=frozenset(place), progress=progress
    ):
        for channel, tile in zip(block.channels.tolist(), block.tiles, strict=True):
            tiles[place[channel]] = tile
    return tiles, pixels


def _columns(
    atlas: Atlas,
    found: FirstLayers,
    channels: NDArray[np.int64],
    projections: NDArray[np.float32],
    patches: NDArray[np.uint8],
) -> Numbers:
    """The numbers of each projected channel, (n, 7), in the order of `DRAWN`."""
    if found.shown is None or found.next is None or not len(channels):
        return np.empty((0, len(DRAWN)))
    top, planes = atlas.top(found.shown.name), patches.transpose(0, 3, 1, 2)
    grids = [
        alias.grid_energy(pictures, max(1, period))
        for period in (found.first.stride, found.next.lattice)
        for pictures in (projections, planes)
    ]
    return np.stack([channels, top.value[channels, 0], top.image[channels, 0], *grids], axis=1)


def _facts(one: Compared, atlas: Atlas) -> dict[str, Any]:
    net, found = one.net, one.layers
    first, second = found.first, found.next
    return {
        "name": one.name,
        "network": net.spec,
        "weights": net.fingerprint(),
        "input": list(net.input_shape[1:]),
        "images": atlas.images_read,
        "first": _described(first)
        | {"shown": found.seen.name, "normalization": _normalization(net, first)},
        "next": None if second is None else _described(second) | _shown(atlas, found.shown),
        "white": white_bands(*first.weights.shape[2:]).tolist(),
        "dead": _dead(atlas),
        "in_next": _in_next(first, second),
    }


def _described(one: LayerFilters) -> dict[str, Any]:
    return {
        "layer": one.name,
        "shape": list(one.weights.shape),
        "stride": one.stride,
        "lattice": one.lattice,
        "groups": one.groups,
    }


def _normalization(net: Net, first: LayerFilters) -> str:
    from convscope.net.effective import filters_of

    tape = net.tape()
    return filters_of(tape, tape.ops[first.number]).norm


def _shown(atlas: Atlas, layer: Layer | None) -> dict[str, Any]:
    if layer is None:
        return {}
    fires = int(_fires(atlas, layer).sum())
    return {"shown": layer.name, "channels": layer.channels, "fires": fires}


def _dead(atlas: Atlas) -> list[list[Any]]:
    """Layer, channels and dead ones, of every layer of the atlas that could have any."""
    return [
        [layer.name, layer.channels, int((atlas.units(layer).status == "dead").sum())]
        for layer in atlas.layers
        if not layer.signed
    ]


def _in_next(first: LayerFilters, second: LayerFilters | None) -> list[float | None]:
    """Energy at the aliases in the second layer's filters, and its control; None: not measured."""
    if second is None or second.weights.shape[1] != len(first.weights) or not second.lattice:
        return [None, None]
    tuned = alias.tuning(first.weights, first.stride)
    return _plain(alias.in_next(second.weights, tuned, second.lattice))


def _plain(values: Sequence[float]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values]
