"""Multiply-adds against plain counting, one output cell at a time."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from convscope.net.cost import cost
from convscope.net.intake import load
from tests.net.zoo import Forward, conv, glass

# (kernel, maps in, maps out, cells along a side) of each convolution, (in, out) of each linear op
ZF32 = (
    [(5, 3, 32, 30), (5, 32, 64, 11), (3, 64, 96, 5), (3, 96, 96, 5), (3, 96, 64, 5)],
    [(256, 256), (256, 256), (256, 10)],
)


def test_the_network_for_cifar_costs_what_plain_counting_gives() -> None:
    total = 0
    for kernel, maps, out, side in ZF32[0]:
        for _ in range(side * side * out):
            total += kernel * kernel * maps
    for units, out in ZF32[1]:
        total += units * out
    assert cost(load("nets:zf32", device="cpu").tape()) == total
    assert total < 15_000_000


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        *(("zf28", 9), ("zf32", 13), ("zf64", 30), ("zf72", 41), ("zf96", 36)),
        ("zfnet,fc=4096", 1168),
    ],
)
def test_what_the_documentation_says_of_each(name: str, millions: int) -> None:
    assert round(cost(load(f"nets:{name}", device="cpu").tape()) / 1e6) == millions


def test_groups_and_reused_modules_count_as_often_as_they_run() -> None:
    parts = {"one": conv(3, 6), "two": conv(6, 6, groups=3, padding=1)}
    net = glass(Forward(lambda m, x: m.two(torch.relu(m.two(m.one(x)))), **parts).double(), (8, 9))
    assert cost(net.tape()) == 27 * 6 * 42 + 2 * (9 * 2 * 6 * 42)


def test_other_ops_cost_nothing() -> None:
    assert cost(glass(nn.Sequential(nn.ReLU(), nn.MaxPool2d(2))).tape()) == 0
