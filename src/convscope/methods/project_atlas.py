"""All projections of an atlas, breadth first: rank 1 of every channel, then rank 2, and so on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from convscope.errors import AtlasError, UsageError
from convscope.images.read import read_from
from convscope.images.source import Source
from convscope.methods.array import as_array
from convscope.methods.options.project import ProjectOptions
from convscope.methods.project import rule_of
from convscope.methods.routes import (
    Images,
    Route,
    Unit,
    by_cones,
    choose_route,
    project_units,
    read_switches,
)
from convscope.net.net import Net
from convscope.net.switches import Switches
from convscope.progress import Progress, silent
from convscope.results.layer import Layer
from convscope.results.projection_block import ProjectionBlock

SWITCH_BYTES = 512 << 20
"""What the switches of the images held together may take."""
AGREES = 1e-3
"""Of the layer's maximum: how far an activation may be from what the atlas recorded."""


class AtlasLike(Protocol):
    """What is asked of an atlas."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Its layers."""
        ...

    def top(self, layer: Layer, side: str = "top") -> Any:
        """A layer's strongest cells."""
        ...

    def source(self) -> Source:
        """Its images."""
        ...


@dataclass(frozen=True)
class Look:
    """What one forward of an image left behind."""

    switches: Switches
    values: Mapping[tuple[int, Unit], Tensor]
    """Activations by layer number and unit."""


@dataclass
class _Job:
    net: Net
    atlas: AtlasLike
    options: ProjectOptions
    progress: Progress
    routes: dict[int, Route] = field(default_factory=dict)
    cached: dict[int, Tensor] = field(default_factory=dict)
    looks: dict[int, Look] = field(default_factory=dict)
    by_image: dict[int, list[tuple[int, Unit]]] = field(default_factory=dict)
    """Layer number and unit of everything wanted, at any rank."""

    @property
    def images(self) -> Images:
        """Reads an image; the last few are kept."""
        source = self._source

        def image(number: int) -> Tensor:
            if number not in self.cached:
                if len(self.cached) >= 64:
                    self.cached.pop(next(iter(self.cached)))
                prepared = read_from(source, number, self.net.preprocessing)
                self.cached[number] = self.net.batch([prepared.array])
            return self.cached[number]

        return image

    def __post_init__(self) -> None:
        self._source = self.atlas.source()


def project_all(
    net: Net,
    atlas: AtlasLike,
    *,
    layers: Sequence[Layer] | None = None,
    ranks: Sequence[int] | None = None,
    channels: Collection[int] | None = None,
    skip: Collection[tuple[int, int]] = frozenset(),
    options: ProjectOptions | None = None,
    progress: Progress | None = None,
) -> Iterator[ProjectionBlock]:
    """Project the strongest cells of every channel, rank-major.

    Args:
        net: the network the atlas was made with.
        atlas: an opened atlas.
        layers: which of its layers; all by default.
        ranks: from 1; all that the atlas has by default.
        channels: which of every layer; all by default.
        skip: pairs (layer number, rank) that are done already.
        options: the backward rule.
        progress: called with (done, total, what).

    Yields:
        Blocks of some channels of one layer at one rank, in the frame.

    Raises:
        AtlasError: the atlas is of another network, other weights or other images.
        RuleError: the rule would give a wrong picture on this network.
        UsageError: a rank below 1.
    """
    job = _Job(net, atlas, options or ProjectOptions(), progress or silent)
    chosen = atlas.layers if layers is None else tuple(layers)
    _check_layers(net, chosen)
    wanted = [
        (rank, [layer for layer in chosen if (layer.number, rank) not in skip])
        for rank in _ranks(atlas, chosen, ranks)
    ]
    units = {
        (layer.number, rank): [
            unit
            for unit in _units(atlas, layer, rank)
            if channels is None or unit.channel in channels
        ]
        for rank, some in wanted
        for layer in some
    }
    for (number, _), members in units.items():
        for unit in members:
            job.by_image.setdefault(unit.image, []).append((number, unit))
    _choose_routes(job, chosen, units)
    done, total = 0, sum(map(len, units.values()))
    for rank, some in wanted:
        for layer, members, values, tiles in _rank(job, some, units, rank):
            done += len(members)
            job.progress(done, total, f"projecting rank {rank}")
            yield _block(layer, rank, members, values, tiles)


def _check_layers(net: Net, layers: Sequence[Layer]) -> None:
    known = {layer.number: _shape(layer) for layer in net.tape().layers}
    for layer in layers:
        if known.get(layer.number) != _shape(layer):
            raise AtlasError(
                f"{layer.name} of the atlas, {layer.channels} maps of {layer.height} by "
                f"{layer.width}, is no layer of this network. Give the network the atlas was made "
                "with, or make a new atlas."
            )


def _shape(layer: Layer) -> tuple[str, int, int, int]:
    return layer.name, layer.channels, layer.height, layer.width


def _ranks(atlas: AtlasLike, layers: Sequence[Layer], given: Sequence[int] | None) -> Sequence[int]:
    if given is None:
        return range(1, max((atlas.top(one).value.shape[1] for one in layers), default=0) + 1)
    if any(rank < 1 for rank in given):
        raise UsageError(f"Ranks are counted from 1, the strongest; given were {list(given)}.")
    return given


def _choose_routes(
    job: _Job, layers: Sequence[Layer], units: Mapping[tuple[int, int], Sequence[Unit]]
) -> None:
    """All before the first image is run: a look at it keeps what any layer wants at any rank."""
    first = {number: members[0] for (number, _), members in units.items() if members}
    wanted = [layer for layer in layers if layer.number in first]
    rule = rule_of(job.options)
    for done, layer in enumerate(wanted):
        job.progress(done, len(wanted), "checking the layers")
        image = job.images(first[layer.number].image)
        job.routes[layer.number] = choose_route(job.net, rule, layer, image)


def _units(atlas: AtlasLike, layer: Layer, rank: int) -> list[Unit]:
    """What there is to project at a rank: cells that fire, or any of a signed layer."""
    top = atlas.top(layer)
    if rank > top.value.shape[1]:
        return []
    at = rank - 1
    fires = (top.image[:, at] >= 0) & (layer.signed | (top.value[:, at] > 0))
    columns = _columns(top, at, np.flatnonzero(fires))
    return [
        Unit(int(c), int(image), (int(y), int(x)), float(value))
        for c, image, y, x, value in zip(*columns, strict=True)
    ]


def _columns(top: Any, at: int, channels: Any) -> list[Any]:
    return [channels, *(part[channels, at] for part in (top.image, top.y, top.x, top.value))]


def _rank(
    job: _Job, layers: Sequence[Layer], units: dict[tuple[int, int], list[Unit]], rank: int
) -> Iterator[tuple[Layer, list[Unit], Tensor, Tensor]]:
    routes = [
        (job.routes[layer.number], units[layer.number, rank])
        for layer in layers
        if units[layer.number, rank]
    ]
    cones = [(route, members) for route, members in routes if route.cone is not None]
    for route, members, values, tiles in _together(job, cones):
        _check(job.atlas, route.layer, members, values)
        yield route.layer, members, values, tiles
    for route, members in routes:
        if route.cone is None:
            rule = rule_of(job.options)
            for some, values, tiles in project_units(job.net, rule, route, members, job.images):
                _check(job.atlas, route.layer, some, values)
                yield route.layer, some, values, tiles


def _together(
    job: _Job, cones: Sequence[tuple[Route, list[Unit]]]
) -> Iterator[tuple[Route, list[Unit], Tensor, Tensor]]:
    """Cones of all layers: one forward an image, and the units of a layer in large batches."""
    numbers = sorted({unit.image for _, members in cones for unit in members})
    step = _images_at_once([route for route, _ in cones])
    for start in range(0, len(numbers), step):
        looks: dict[int, Look] = {}
        for number in numbers[start : start + step]:
            if number not in job.looks:
                job.progress(start + len(looks), len(numbers), "finding switches")
            looks[number] = _look(job, number, step)
        for route, members in cones:
            here = [unit for unit in members if unit.image in looks]
            if here:
                seeds = [looks[unit.image].values[route.layer.number, unit] for unit in here]
                taps = [looks[unit.image].switches for unit in here]
                for some, found, tiles in by_cones(route, here, torch.stack(seeds), taps):
                    yield route, some, found, tiles


def _images_at_once(routes: Sequence[Route]) -> int:
    """How many images' switches may be held together."""
    pools = {
        number: route.cone.tape.ops[number].shape[1:]
        for route in routes
        if route.cone is not None
        for number in route.cone.pools
    }
    each = sum(int(np.prod(shape)) for shape in pools.values())
    return max(8, SWITCH_BYTES // max(each, 1))


def _look(job: _Job, number: int, most: int) -> Look:
    """One forward of an image: its switches, and the activations of its units at every rank.

    The images looked at last are kept, so that the next rank need not run them again.
    """
    look = job.looks.pop(number, None)
    if look is None:
        pairs = [
            (job.routes[layer], unit)
            for layer, unit in job.by_image[number]
            if job.routes[layer].cone is not None
        ]
        routes = list({id(route): route for route, _ in pairs}.values())
        switches, found = read_switches(job.net, routes, pairs, job.images(number))
        names = [(route.layer.number, unit) for route, unit in pairs]
        look = Look(switches, dict(zip(names, found, strict=True)))
    while len(job.looks) >= most:
        job.looks.pop(next(iter(job.looks)))
    job.looks[number] = look
    return look


def _check(atlas: AtlasLike, layer: Layer, units: Sequence[Unit], values: Tensor) -> None:
    """Hold what was computed now to what the atlas recorded.

    A layer's weak channels may be sums of large terms that cancel, and round as those do.
    """
    recorded = np.array([unit.value for unit in units])
    scale = max(float(np.nanmax(np.abs(atlas.top(layer).value))), 1e-30)
    apart = np.abs(values.cpu().double().numpy() - recorded)
    if apart.max() > AGREES * scale:
        worst = int(apart.argmax())
        raise AtlasError(
            f"{layer.name}:{units[worst].channel} is {float(values[worst]):.6g} on image "
            f"{units[worst].image} here, and {recorded[worst]:.6g} in the atlas: other weights, "
            "images or preprocessing. Make a new atlas, or give those it was made from."
        )


def _block(
    layer: Layer, rank: int, units: Sequence[Unit], values: Tensor, tiles: Tensor
) -> ProjectionBlock:
    arrays = as_array(tiles)
    return ProjectionBlock(
        layer=layer,
        rank=rank,
        channels=np.array([unit.channel for unit in units], np.int64),
        tiles=arrays,
        values=as_array(values),
        zero=np.logical_not(arrays.reshape(len(arrays), -1).any(axis=1)),
    )
