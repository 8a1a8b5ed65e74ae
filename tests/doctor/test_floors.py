from __future__ import annotations

import numpy as np
import torch
from torch import nn

from convscope.doctor.floors import initialized, shuffled
from convscope.net.net import Net
from convscope.preprocess import Preprocessing


class Own(nn.Module):
    """A parameter that no module knows how to start."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
        self.scale = nn.Parameter(torch.full((1,), 5.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x)).relu() * self.scale


def trained() -> Net:
    torch.manual_seed(0)
    module = Own()
    with torch.no_grad():
        module.conv.weight.mul_(7)
        module.norm.running_mean.fill_(3)
        module.norm.weight.fill_(2)
    return Net(module.eval(), Preprocessing((8, 8), None))


def test_the_start_is_what_the_modules_draw_and_the_rest_is_named() -> None:
    net = trained()
    start, unknown = initialized(net, seed=4)
    torch.manual_seed(4)
    drawn = nn.Conv2d(3, 8, 3)
    assert start.module.conv.weight.equal(drawn.weight)
    assert start.module.conv.bias.equal(drawn.bias)
    assert start.module.norm.running_mean.eq(0).all()
    assert start.module.norm.weight.eq(1).all()
    assert unknown == ("scale",)
    assert start.module.scale.item() == 5


def test_seeds_differ_and_repeat() -> None:
    weights = [initialized(trained(), seed)[0].module.conv.weight for seed in (1, 1, 2)]
    assert weights[0].equal(weights[1])
    assert not weights[0].equal(weights[2])


def test_a_shuffle_keeps_the_weights_of_each_tensor_and_their_signs() -> None:
    net = trained()
    before, after = net.module.conv.weight, shuffled(net).module.conv.weight
    assert not after.equal(before)
    assert np.array_equal(np.sort(after.detach().ravel()), np.sort(before.detach().ravel()))
    other = shuffled(net).module
    assert other.conv.bias.equal(net.module.conv.bias)
    assert other.norm.weight.equal(net.module.norm.weight)
    assert other.norm.running_mean.equal(net.module.norm.running_mean)


def test_neither_touches_the_network_or_the_random_state() -> None:
    net = trained()
    state, print_ = torch.get_rng_state(), net.fingerprint()
    initialized(net)
    shuffled(net)
    assert torch.get_rng_state().equal(state)
    assert net.fingerprint() == print_
