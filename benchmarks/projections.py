"""Projections of 16 units a layer, against Captum's deconvolution of the same network.

Ours is what `project_all` does for one image and one layer: a forward that keeps the switches,
then the units through their cones. Captum's is one call a unit, in its faster memory format.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.common import (
    PHOTOGRAPHS,
    Options,
    Result,
    at_least,
    interleaved,
    need,
    need_spec,
    rounded,
    squeezenet,
)
from benchmarks.walk import decoded

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from convscope.methods.routes import Route, Unit
    from convscope.net.net import Net
    from convscope.results.layer import Layer

TOTAL, LEAST = 10.0, 2.5
"""Goals: how many times as fast over all layers, and in every layer."""


@dataclass(frozen=True)
class Case:
    """One layer, its units, and both ways to project them."""

    net: Net
    image: Tensor
    route: Route
    units: tuple[Unit, ...]
    peer: Peer

    def ours(self) -> list[np.ndarray[Any, Any]]:
        """Every unit's projection in its frame."""
        from convscope.methods.array import as_array
        from convscope.methods.routes import by_cones, read_switches

        pairs = [(self.route, unit) for unit in self.units]
        switches, values = read_switches(self.net, [self.route], pairs, self.image)
        found = by_cones(self.route, self.units, values, [switches] * len(pairs))
        return [tile for _, _, tiles in found for tile in as_array(tiles)]

    def theirs(self) -> list[Tensor]:
        """Every unit's projection over the whole image, one call each."""
        layer = self.route.layer.name
        return [self.peer.project(layer, (unit.channel, *unit.cell)) for unit in self.units]

    def difference(self) -> float:
        """Largest difference of the two, in shares of a projection's maximum."""
        pairs = zip(self.units, self.ours(), self.theirs(), strict=True)
        return max(_difference(self.route.layer, unit, a, b) for unit, a, b in pairs)


class Peer:
    """Captum on a copy of the network, in one memory format."""

    def __init__(self, net: Net, image: Tensor, memory_format: Any) -> None:
        self.module = copy.deepcopy(net.module).eval().to(memory_format=memory_format)  # type: ignore[call-overload]
        self.parts = dict(self.module.named_modules())
        self.image = image.contiguous(memory_format=memory_format)

    def project(self, layer: str, neuron: tuple[int, int, int]) -> Tensor:
        """Its deconvolution of one unit, over the whole image."""
        from captum.attr import NeuronDeconvolution

        with warnings.catch_warnings():  # it warns at every call
            warnings.simplefilter("ignore")
            found: Tensor = NeuronDeconvolution(self.module, self.parts[layer]).attribute(
                self.image, neuron
            )
        return found[0].detach()


def measure(options: Options) -> Result:
    """Ratios over the layers, and how far the results are apart."""
    need(PHOTOGRAPHS)
    need_spec("captum")
    net = squeezenet()
    (entry,) = decoded(net, 1)
    image = net.batch([entry.prepared.array]) if entry.prepared else net.batch([])
    name, cases = _cases(net, image, options)
    times = [_times(case, options.rounds) for case in cases]
    by_layer = {
        case.route.layer.name: rounded(theirs / ours)
        for case, (ours, theirs) in zip(cases, times, strict=True)
    }
    ours, theirs = (sum(column) for column in zip(*times, strict=True))
    return {
        "captum_memory_format": name,
        "units_a_layer": options.units,
        "seconds": {"ours": rounded(ours), "captum": rounded(theirs)},
        "times_as_fast": at_least(theirs / ours, TOTAL),
        "least_over_layers": at_least(min(by_layer.values()), LEAST),
        "by_layer": by_layer,
        "largest_relative_difference": rounded(max(case.difference() for case in cases)),
    }


def _cases(net: Net, image: Tensor, options: Options) -> tuple[str, list[Case]]:
    from convscope.methods.routes import choose_route
    from convscope.net.capture import choose
    from convscope.net.rules import Rule

    layers = choose(net)[:: options.every]
    name, peer = _faster(net, image, layers)
    routes = [choose_route(net, Rule(), layer, image) for layer in layers]
    found = _strongest(net, image, layers, options.units)
    return name, [
        Case(net, image, route, units, peer) for route, units in zip(routes, found, strict=True)
    ]


def _faster(net: Net, image: Tensor, layers: Sequence[Layer]) -> tuple[str, Peer]:
    """Captum in the memory format that suits it better, by one unit of every layer."""
    import torch

    formats = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
    peers = {name: Peer(net, image, memory_format) for name, memory_format in formats.items()}
    spent = dict.fromkeys(peers, 0.0)
    for layer in layers:
        seed = layer.name, (0, 0, 0)
        times = interleaved({n: partial(p.project, *seed) for n, p in peers.items()}, rounds=2)
        spent = {name: spent[name] + min(times[name]) for name in peers}
    name = min(spent, key=spent.__getitem__)
    return name, peers[name]


def _strongest(
    net: Net, image: Tensor, layers: Sequence[Layer], count: int
) -> list[tuple[Unit, ...]]:
    """The strongest cells of the strongest channels of each layer."""
    from convscope.net.capture import Capture

    found: dict[int, tuple[Unit, ...]] = {}

    def see(place: int, maps: Tensor) -> None:
        found[place] = _units(maps[0], count)

    Capture(net, layers, "contiguous").run(image, see)
    return [found[place] for place in range(len(layers))]


def _units(maps: Tensor, count: int) -> tuple[Unit, ...]:
    from convscope.methods.routes import Unit

    values, cells = maps.flatten(1).max(1)
    channels = values.argsort(descending=True)[:count].tolist()
    width = maps.shape[2]
    return tuple(
        Unit(c, 0, (int(cells[c]) // width, int(cells[c]) % width), float(values[c]))
        for c in channels
    )


def _times(case: Case, rounds: int) -> tuple[float, float]:
    """Medians of both, after a call of each that is not counted."""
    tasks = {"ours": case.ours, "theirs": case.theirs}
    case.ours()
    case.peer.project(case.route.layer.name, (0, 0, 0))
    times = interleaved(tasks, rounds)
    return median(times["ours"]), median(times["theirs"])


def _difference(layer: Layer, unit: Unit, ours: np.ndarray[Any, Any], theirs: Tensor) -> float:
    """Captum seeds with 1 where we seed with the activation."""
    from convscope.results.projection import framed

    frame = layer.field.frame(unit.cell, *theirs.shape[1:])
    expected = framed(theirs.numpy() * unit.value, frame)
    return float(abs(ours - expected).max() / max(abs(expected).max(), 1e-30))
