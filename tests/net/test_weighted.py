from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.net.net import Net
from convscope.net.twin import twin
from convscope.net.weighted import Step, weighted_steps
from tests.net.zoo import Block, Forward, conv, fill, fires, glass, photograph


def steps(net: Net, name: str) -> tuple[Step, ...]:
    return weighted_steps(net, net.tape().layer(name).number)


def test_norms_go_with_the_convolution_before_them() -> None:
    parts = [conv(3, 4), nn.BatchNorm2d(4), nn.PReLU(4), conv(4, 4), nn.ReLU(), conv(4, 2)]
    net = glass(fill(nn.Sequential(*parts)))
    assert steps(net, "5") == (("0", "1", "2"), ("3",), ("5",))
    assert steps(net, "4") == (("0", "1", "2"), ("3",))
    assert steps(net, "0") == (("0",),)


def test_the_order_is_that_of_the_forward_not_of_the_definition() -> None:
    parts = {"last": conv(4, 3), "first": conv(3, 4), "never": conv(3, 3)}
    net = glass(fill(Forward(lambda self, x: self.last(self.first(x).relu()), **parts)))  # type: ignore[operator]
    assert steps(net, "last") == (("first",), ("last",))


def test_branches_beside_the_layer_are_left_out() -> None:
    net = glass(fill(fires()))
    names = [name for step in steps(net, "3.expand3x3_activation") for name in step]
    assert names == ["0", "3.squeeze", "3.expand3x3"]


def test_residual_blocks_and_functional_rectifiers() -> None:
    net = glass(fill(Block(3, 4, 2)))
    found = steps(net, net.tape().layers[-1].name)
    assert sorted(name for step in found for name in step) == sorted(
        ["conv1", "bn1", "conv2", "bn2", "shortcut"]
    )
    assert found[0] == ("conv1", "bn1")


class Odd(nn.Module):
    """Weights of its own, a reused module, weights read from another one, parametrised ones."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(4, 3, 3, 3))
        self.shared = conv(4, 4, padding=1)
        self.read = conv(4, 4)
        self.normed = nn.utils.parametrizations.weight_norm(conv(4, 4, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        x = self.shared(self.shared(F.conv2d(x, self.kernel).relu()).relu())
        return self.normed(F.conv2d(x, self.read.weight).relu())  # type: ignore[no-any-return]


def test_weights_that_enter_otherwise() -> None:
    net = glass(fill(Odd()))
    found = steps(net, net.tape().layers[-1].name)
    assert found == (("kernel",), ("shared",), ("read",), ("normed",))


def test_every_step_changes_the_result() -> None:
    net: Any = glass(fill(Odd()))
    image = photograph(net)
    with torch.no_grad():
        for step in steps(net, net.tape().layers[-1].name):
            assert not torch.equal(twin(net, 0, step).module(image), net.module(image)), step
