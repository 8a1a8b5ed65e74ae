"""All projections of an atlas, breadth first: rank 1 of every channel, then rank 2, and so on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from convscope.errors import AtlasError
from convscope.images.read import read_from
from convscope.images.source import Source
from convscope.methods.options import ProjectOptions
from convscope.methods.project import rule_of
from convscope.methods.routes import (
    Images,
    Route,
    Unit,
    by_cones,
    choose_route,
    project_units,
    read_switches,
    to_tiles,
)
from convscope.net.net import Net
from convscope.net.switches import Switches
from convscope.results.layer import Layer
from convscope.results.projection_block import ProjectionBlock

SWITCH_BYTES = 256 << 20
"""What the switches of one chunk of images may take."""
AGREES = 1e-3
"""Of the layer's maximum: how far an activation may be from what the atlas recorded."""

Progress = Callable[[int, int, str], None]


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


@dataclass
class _Job:
    net: Net
    atlas: AtlasLike
    options: ProjectOptions
    routes: dict[int, Route] = field(default_factory=dict)
    cached: dict[int, Tensor] = field(default_factory=dict)

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
        skip: pairs (layer number, rank) that are done already.
        options: the backward rule.
        progress: called with (done, total, what).

    Yields:
        Blocks of some channels of one layer at one rank, in the frame.

    Raises:
        AtlasError: activations differ from the atlas: other weights or images.
        RuleError: the rule would give a wrong picture on this network.
    """
    job = _Job(net, atlas, options or ProjectOptions())
    chosen = atlas.layers if layers is None else tuple(layers)
    wanted = [
        (rank, [layer for layer in chosen if (layer.number, rank) not in skip])
        for rank in ranks or range(1, _ranks(atlas, chosen) + 1)
    ]
    units = {
        (layer.number, rank): _units(atlas, layer, rank) for rank, some in wanted for layer in some
    }
    done, total = 0, sum(map(len, units.values()))
    for rank, some in wanted:
        for layer, members, values, tiles in _rank(job, some, units, rank):
            done += len(members)
            if progress is not None:
                progress(done, total, f"projecting rank {rank}")
            yield _block(layer, rank, members, values, tiles)


def _ranks(atlas: AtlasLike, layers: Sequence[Layer]) -> int:
    return max((atlas.top(layer).value.shape[1] for layer in layers), default=0)


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
        (_route(job, layer, units[layer.number, rank]), units[layer.number, rank])
        for layer in layers
        if units[layer.number, rank]
    ]
    cones = [(route, members) for route, members in routes if route.cone is not None]
    for route, members, values, tiles in _together(job, cones):
        _check(route.layer, members, values)
        yield route.layer, members, values, tiles
    for route, members in routes:
        if route.cone is None:
            rule = rule_of(job.options)
            for some, values, tiles in project_units(job.net, rule, route, members, job.images):
                _check(route.layer, some, values)
                yield route.layer, some, values, tiles


def _route(job: _Job, layer: Layer, units: Sequence[Unit]) -> Route:
    if layer.number not in job.routes:
        first = job.images(units[0].image)
        job.routes[layer.number] = choose_route(job.net, rule_of(job.options), layer, first)
    return job.routes[layer.number]


def _together(
    job: _Job, cones: Sequence[tuple[Route, list[Unit]]]
) -> Iterator[tuple[Route, list[Unit], Tensor, Tensor]]:
    """Cones of all layers: one forward an image, and the units of a layer in large batches."""
    pairs = [(route, unit) for route, members in cones for unit in members]
    numbers = sorted({unit.image for _, unit in pairs})
    step = _images_at_once(cones)
    for start in range(0, len(numbers), step):
        chunk = set(numbers[start : start + step])
        here = [(route, unit) for route, unit in pairs if unit.image in chunk]
        switches, values = _look(job, [route for route, _ in cones], here, sorted(chunk))
        for route, _ in cones:
            members = [unit for owner, unit in here if owner is route]
            seeds = [values[route.layer.number, unit.channel] for unit in members]
            if members:
                taps = [switches[unit.image] for unit in members]
                for some, found, tiles in by_cones(route, members, torch.stack(seeds), taps):
                    yield route, some, found, tiles


def _images_at_once(cones: Sequence[tuple[Route, list[Unit]]]) -> int:
    pools = {
        number: route.cone.tape.ops[number].shape[1:]
        for route, _ in cones
        if route.cone is not None
        for number in route.cone.pools
    }
    each = sum(int(np.prod(shape)) for shape in pools.values())
    return max(8, SWITCH_BYTES // max(each, 1))


def _look(
    job: _Job,
    routes: Sequence[Route],
    pairs: Sequence[tuple[Route, Unit]],
    numbers: Sequence[int],
) -> tuple[dict[int, Switches], dict[tuple[int, int], Tensor]]:
    switches: dict[int, Switches] = {}
    values: dict[tuple[int, int], Tensor] = {}
    by_image: dict[int, list[tuple[Route, Unit]]] = {number: [] for number in numbers}
    for route, unit in pairs:
        by_image[unit.image].append((route, unit))
    for number, members in by_image.items():
        switches[number], found = read_switches(job.net, routes, members, job.images(number))
        for (route, unit), value in zip(members, found, strict=True):
            values[route.layer.number, unit.channel] = value
    return switches, values


def _check(layer: Layer, units: Sequence[Unit], values: Tensor) -> None:
    """Hold what was computed now to what the atlas recorded."""
    recorded = np.array([unit.value for unit in units])
    scale = max(float(np.abs(recorded).max()), 1e-30)
    apart = np.abs(values.double().cpu().numpy() - recorded)
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
    arrays = to_tiles(tiles)
    return ProjectionBlock(
        layer=layer,
        rank=rank,
        channels=np.array([unit.channel for unit in units], np.int64),
        tiles=arrays,
        values=values.float().cpu().numpy(),
        zero=np.logical_not(arrays.reshape(len(arrays), -1).any(axis=1)),
    )
