"""The network is a guest: after every public function, an error or Ctrl-C it is as it was.

Add every new public function that runs a network to `CALLS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.errors import ConvscopeError
from convscope.geometry.box import Box
from convscope.images.image import Image
from convscope.methods.project import project
from convscope.net.between import between, reached
from convscope.net.full import activations, prove
from convscope.net.net import Net, tape
from convscope.net.rules import Rule
from tests.contract.fingerprint import fingerprint
from tests.net.oracles import by_cone, by_crop, full
from tests.net.zoo import conv, fill, glass, photograph


class Restless(nn.Module):
    """Writes into its buffers, in place and by replacing them, and draws numbers when training."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(1))
        self.register_buffer("last", torch.zeros(4))
        self.register_buffer("quiet", torch.zeros(4))
        self.failure: BaseException | None = None
        self.after = 0

    def forward(self, x: Tensor) -> Tensor:
        if self.failure is not None and self.after <= 0:
            raise self.failure
        self.after -= 1
        self.seen += 1
        self.last = x.detach().mean((0, 2, 3))
        self.quiet.data.fill_(3)
        random.random()
        np.random.rand()
        return x * 1


def _network() -> Net:
    module = fill(
        nn.Sequential(
            *(conv(3, 4, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), Restless()),
            *(nn.Dropout(0.5), nn.MaxPool2d(2), conv(4, 3), nn.Dropout2d(0.5), nn.ReLU()),
        )
    )
    module.register_forward_hook(lambda part, args, output: None)
    module[2].register_forward_pre_hook(lambda part, args: None)
    module.train()
    module[4].eval()  # flags differ from part to part
    module[0].weight.requires_grad_(False)
    module(torch.randn(2, 3, 10, 12, dtype=torch.float64)).sum().backward()
    return glass(module, (10, 12))


def _photo(net: Net) -> Image:
    array = photograph(net)[0].numpy().astype(np.float32)
    shown = np.zeros((10, 12, 3), np.uint8)
    return Image(array, shown, "photo", None, "photo.png", (10, 12), Box(0, 0, 10, 12))


def _activations(net: Net) -> None:
    activations(net, net.tape(), photograph(net), [0, 1])


def _prove(net: Net) -> None:
    prove(net, net.tape(), Rule("guided"), photograph(net), net.tape().layer("8").number)


def _between(net: Net) -> None:
    layers = (net.tape().layer("1").number, net.tape().layer("6").number)
    between(net, net.tape(), photograph(net), layers, lambda result: result.flatten(1).sum(1))


CALLS: dict[str, Callable[[Net], Any]] = {
    "tape": tape,
    "Net.tape": lambda net: net.tape((8, 9)),
    "Net.fingerprint": Net.fingerprint,
    "activations": _activations,
    "prove": _prove,
    "between": _between,
    "reached": lambda net: reached(net, net.tape(), photograph(net), 3),
    "project_full": lambda net: full(net, net.tape(), photograph(net), "8", 1, (1, 1)),
    "project_crops": lambda net: by_crop(net, net.tape(), photograph(net), "8", 1, (1, 1)),
    "project_cones": lambda net: by_cone(net, net.tape(), photograph(net), "2", 1, (1, 1)),
    "project": lambda net: project(net, _photo(net), "8:1"),
}


def _again_and_again(call: Callable[[Net], Any], net: Net) -> None:
    for _ in range(5):  # some calls run the network fewer times than others
        call(net)
        net._tapes.clear()


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


@pytest.mark.parametrize("name", CALLS)
def test_nothing_changes(name: str) -> None:
    net = _network()
    before = fingerprint(net.module)
    CALLS[name](net)
    assert not _changed(before, fingerprint(net.module))


@pytest.mark.parametrize("name", [name for name in CALLS if name != "Net.fingerprint"])
@pytest.mark.parametrize("failure", [ValueError("inside"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("after", [0, 2, 4])
def test_nothing_changes_when_it_fails(name: str, failure: BaseException, after: int) -> None:
    net = _network()
    part: Any = net.module[3]  # type: ignore[index]
    before = fingerprint(net.module)
    part.failure, part.after = failure, after
    expected = KeyboardInterrupt if isinstance(failure, KeyboardInterrupt) else ConvscopeError
    try:
        with pytest.raises(expected):
            _again_and_again(CALLS[name], net)
    finally:
        part.failure = None
    part.after = 0
    assert not _changed(before, fingerprint(net.module))
    CALLS[name](net)  # and it can be asked again


def test_the_callers_image_is_not_written_into() -> None:
    class Writing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            x -= 0.5
            return x

    net = glass(fill(nn.Sequential(Writing(), conv(3, 4), nn.ReLU())), (10, 12))
    image = photograph(net)
    kept = image.clone()
    activations(net, net.tape(), image, [0, 1])
    prove(net, net.tape(), Rule("deconvnet"), image, 2)
    for way in (full, by_crop, by_cone):
        way(net, net.tape(), image, "2", 1, (1, 1))
    assert torch.equal(image, kept)
