from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from convscope.errors import DataError
from convscope.net.derivative import derivatives, value_at
from convscope.net.full import activations
from convscope.net.net import Net
from convscope.net.rules import Rule
from convscope.net.target import find_target
from tests.net.oracles import full, gap
from tests.net.zoo import ceil_pools, conv, fill, glass, photograph


def images(net: Net, count: int) -> list[Tensor]:
    return [photograph(net, seed)[0] for seed in range(count)]


def forwards(net: Net) -> list[int]:
    """Hears how many images come in each forward from now on."""
    heard: list[int] = []
    net.module.register_forward_pre_hook(lambda part, args: heard.append(len(args[0])))
    return heard


@pytest.mark.parametrize("rule", ["gradient", "guided", "deconvnet"])
def test_each_image_has_its_own_value_and_derivative(rule: Any) -> None:
    net = glass(fill(ceil_pools()))
    shown = images(net, 7)
    values = activations(net, net.tape(), torch.stack(shown), [5])[5]
    channel = int(values[:, :, 1, 1].amax(0).argmax())
    target = find_target(net, f"5:{channel}@1,1")
    found = list(derivatives(net, Rule(rule), target, (1, 1), shown, batch=3))
    assert len(found) == 7
    for (value, derivative), image in zip(found, shown, strict=True):
        assert value == pytest.approx(value_at(net, target, image[None])[1])
        if value > 0:
            alone = full(net, net.tape(), image[None], "5", channel, (1, 1), Rule(rule))
            assert gap(derivative * value, alone) < 1e-12
    assert any(value > 0 for value, _ in found)


def test_images_share_forwards_and_are_taken_as_they_come() -> None:
    net = glass(fill(ceil_pools()))
    target, taken = find_target(net, "5:2@1,1"), []

    def coming() -> Any:
        for image in images(net, 9):
            taken.append(1)
            yield image

    found = derivatives(net, Rule("gradient"), target, (1, 1), coming(), batch=4)
    next(found)
    assert len(taken) == 4
    heard = forwards(net)
    assert len(list(found)) == 8
    assert heard == [4, 1]


class Coupled(nn.Module):
    """Each image's result depends on the others'."""

    def __init__(self) -> None:
        super().__init__()
        self.a = conv(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.a(x).relu()
        return y * y.amax((0, 1, 2, 3), keepdim=True)  # type: ignore[no-any-return]


class Single(Coupled):
    """Takes one image."""

    def forward(self, x: Tensor) -> Tensor:
        return self.a(x).view(1, 4, 22, 27).relu()  # type: ignore[no-any-return]


class Rigid(Coupled):
    """Gives one result, however many images come."""

    def forward(self, x: Tensor) -> Tensor:
        return self.a(x[:1]).relu()  # type: ignore[no-any-return]


@pytest.mark.parametrize("make", [Coupled, Single, Rigid])
def test_networks_that_cannot_take_several_get_them_one_by_one(make: Any) -> None:
    net = glass(fill(make()))
    name = net.tape().layers[-1].name
    target, shown = find_target(net, f"{name}:1@3,3"), images(net, 6)
    alone = [next(derivatives(net, Rule("gradient"), target, (3, 3), [image])) for image in shown]
    heard = forwards(net)
    found = list(derivatives(net, Rule("gradient"), target, (3, 3), shown, batch=3))
    assert heard[-6:] == [1] * 6
    for (value, mine), (expected, theirs) in zip(found, alone, strict=True):
        assert value == expected
        assert torch.equal(mine, theirs)
    assert any(theirs.any() for _, theirs in alone)


def test_the_strongest_cell_unless_given() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU())))
    image, target = photograph(net), find_target(net, "1:2")
    values = net.module(image)[0, 2]
    cell, value = value_at(net, target, image)
    assert value == float(values.detach().max()) == float(values.detach()[cell])
    assert value_at(net, target, image, (4, 5)) == ((4, 5), float(values.detach()[4, 5]))
    image[0, 0, 3, 3] = torch.nan
    with pytest.raises(DataError, match="1:2 is not finite on this image"):
        value_at(net, target, image, (9, 9))
