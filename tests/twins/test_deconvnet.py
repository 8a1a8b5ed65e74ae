"""Projections through the whole image, from crops and from cones against the literal chain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from convscope.net.full import Blend, Seed, activations, project_full
from convscope.net.rules import Rule
from tests.net.oracles import by_cone, by_crop, cells, full, gap, strongest
from tests.net.zoo import Block, Fire, ceil_pools, conv, fill, fires, glass, photograph, residual
from tests.twins import deconvnet


def _grey() -> nn.Module:
    return nn.Sequential(
        *(conv(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)),
        *(conv(4, 6, (3, 2), stride=(2, 1), groups=2), nn.ReLU(), nn.AvgPool2d(2)),
        *(conv(6, 4, 2), nn.ReLU()),
    )


def _normed() -> nn.Module:
    return nn.Sequential(
        *(conv(3, 6, 7, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *(nn.LocalResponseNorm(5, alpha=0.3), conv(6, 4, 3, padding=1), nn.ReLU()),
    )


def _branches() -> nn.Module:
    return nn.Sequential(
        *(conv(3, 4), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(4, 3, 4)),
        *(Block(8, 6, 2), nn.MaxPool2d(3, 2, ceil_mode=True)),
    )


CHAINS: dict[str, tuple[Callable[[], nn.Module], int, tuple[int, int]]] = {
    "ceil_pools-odd": (ceil_pools, 3, (23, 29)),
    "ceil_pools-even": (ceil_pools, 3, (24, 24)),
    "grey": (_grey, 1, (19, 26)),
    "normed": (_normed, 3, (25, 22)),
    "residual": (residual, 3, (17, 20)),
    "fires": (fires, 3, (33, 29)),
    "branches": (_branches, 3, (21, 18)),
}


@pytest.mark.parametrize("name", CHAINS)
def test_projections_are_the_literal_chain(name: str) -> None:
    make, channels, size = CHAINS[name]
    module = fill(make())
    net = glass(module, size, channels)
    image, tape = photograph(net), net.tape()
    drawn = []
    for depth in range(len(module)):
        layer = tape.layer(f"{depth}")
        values = activations(net, tape, image, [layer.number])[layer.number]
        for cell in cells(layer)[::3] + cells(layer)[-1:]:
            channel = strongest(tape.ops[layer.number], values, cell)
            truth = deconvnet.project(module[: depth + 1], image[0].numpy(), channel, cell)
            expected = torch.from_numpy(truth)
            drawn.append(bool(expected.any()))
            found = {
                "full": full(net, tape, image, layer.name, channel, cell),
                "crop": by_crop(net, tape, image, layer.name, channel, cell),
                "cone": by_cone(net, tape, image, layer.name, channel, cell),
            }
            for way, projection in found.items():
                if projection is not None:
                    assert gap(projection, expected) < 1e-12, (way, layer.name, channel, cell)
    assert sum(drawn) > 0.8 * len(drawn)


def test_a_whole_map_is_the_literal_chain_too() -> None:
    module = fill(ceil_pools())
    net = glass(module)
    image, tape = photograph(net), net.tape()
    expected = torch.from_numpy(deconvnet.project(module[:6], image[0].numpy(), 2, None))
    whole = full(net, tape, image, "5", 2, None)
    assert gap(whole, expected) < 1e-12
    assert gap(whole, full(net, tape, image, "5", 2, (1, 1))) > 0.1


def test_linear_layers_are_the_literal_chain_and_their_convolutional_twin() -> None:
    module = fill(
        nn.Sequential(conv(3, 4, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 7 * 8, 5),
                      nn.ReLU(), nn.Linear(5, 3))
    )  # fmt: skip
    net = glass(module, (15, 17))
    as_convolutions = fill(
        nn.Sequential(
            conv(3, 4, 3, stride=2), nn.ReLU(), conv(4, 5, (7, 8)), nn.ReLU(), conv(5, 3, 1)
        )
    )
    for target, source in ((0, 0), (2, 3), (4, 5)):
        weights = module[source].weight.detach()
        as_convolutions[target].weight.data = weights.view_as(as_convolutions[target].weight)
        as_convolutions[target].bias.data = module[source].bias.detach()
    twin = glass(as_convolutions, (15, 17))
    image = photograph(net)
    for channel in range(3):
        mine = full(net, net.tape(), image, "5", channel, None)
        expected = torch.from_numpy(deconvnet.project(module, image[0].numpy(), channel, None))
        assert gap(mine, expected) < 1e-12
        assert gap(mine, full(twin, twin.tape(), image, "4", channel, (0, 0))) < 1e-12


@pytest.mark.parametrize("name", ["ceil_pools-odd", "normed", "branches"])
def test_a_whole_map_and_a_whole_layer_are_the_literal_chain_from_that_seed(name: str) -> None:
    make, channels, size = CHAINS[name]
    module = fill(make())
    net = glass(module, size, channels)
    image = photograph(net)
    layer = net.tape().layers[-1]
    top, back = deconvnet.forward(module, image[0].numpy())
    channel = int(top.max((1, 2)).argmax())
    y, x = divmod(int(top[channel].argmax()), top.shape[2])
    everything = Blend(tuple((k, 1.0) for k in range(len(top))), None)
    seeds = [Seed(channel, None), everything, Seed(channel, (y, x))]
    found = project_full(net, net.tape(), Rule("deconvnet"), image, layer.number, seeds)
    a_map, a_layer, a_cell = (array.numpy() for _, array in found)
    of_map = deconvnet.project(module, image[0].numpy(), channel, None)
    np.testing.assert_allclose(a_map, of_map, rtol=0, atol=1e-9 * np.abs(of_map).max())
    of_layer = back(top)
    np.testing.assert_allclose(a_layer, of_layer, rtol=0, atol=1e-9 * np.abs(of_layer).max())
    for other in (a_map, a_layer):
        assert np.linalg.norm(other - a_cell) > 0.5 * np.linalg.norm(a_cell)
