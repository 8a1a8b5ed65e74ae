from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.net.filters import first_filters
from tests.net.zoo import Forward, conv, fill, glass


def network() -> nn.Module:
    return nn.Sequential(
        *(conv(3, 6, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2)),
        *(conv(6, 6, padding=1), nn.ReLU()),
    )


def test_filters_belong_to_layers_whose_convolution_reads_the_image() -> None:
    net = glass(fill(network()), (16, 18))
    found = first_filters(net, net.tape().layers)
    assert {net.tape().layer(number).name for number in found} == {"0", "1", "2", "3"}
    weight = net.module[0].weight  # type: ignore[index,union-attr]
    assert all(np.allclose(one, weight.detach().numpy()) for one in found.values())  # type: ignore[operator,union-attr]


def test_sums_and_grouped_convolutions_have_no_filters() -> None:
    def forward(s: nn.Module, x: Tensor) -> Tensor:
        return torch.cat([F.relu(s.one(x) + s.two(x)), s.grouped(x)], 1)  # type: ignore[operator]

    parts = {"one": conv(3, 3, 1), "two": conv(3, 3, 1), "grouped": conv(3, 3, 1, groups=3)}
    net = glass(fill(Forward(forward, **parts)), (8, 8))
    names = {net.tape().layer(number).name for number in first_filters(net, net.tape().layers)}
    assert names == {"one", "two"}
