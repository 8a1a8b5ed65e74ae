"""Scaled networks keep what makes the paper's: ceil pools, normalisation, linear layers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from convscope.errors import UsageError
from convscope.nets.named import SIZES
from convscope.nets.scaled import ScaledZF
from convscope.nets.zeiler import ZeilerNet
from tests.nets import table

LAYERS = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")
# cells along a side after each of LAYERS, worked by hand
SIDES = {
    28: (26, 13, 9, 4, 4, 4, 4, 2),
    32: (30, 15, 11, 5, 5, 5, 5, 2),
    64: (30, 15, 11, 5, 5, 5, 5, 2),
    72: (34, 17, 13, 6, 6, 6, 6, 3),
    96: (46, 23, 10, 5, 5, 5, 5, 2),
}
# the same with a larger first stride: Krizhevsky's first two layers
KRIZHEVSKYS = {
    (28, 7, 2): (13, 6, 6, 3, 3, 3, 3, 1),
    (32, 7, 2): (15, 7, 7, 3, 3, 3, 3, 1),
    (64, 11, 4): (15, 7, 7, 3, 3, 3, 3, 1),
    (72, 11, 4): (17, 8, 8, 4, 4, 4, 4, 2),
    (96, 11, 4): (23, 11, 11, 5, 5, 5, 5, 2),
}


def _sides(net: ScaledZF) -> tuple[int, ...]:
    shapes = table.sides(net.eval(), torch.zeros(2, net.conv1.in_channels, net.size, net.size))
    return tuple(shapes[name][-1] for name in LAYERS)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", SIZES)
def test_each_size_runs_and_has_the_sizes_worked_by_hand(size: int, channels: int) -> None:
    assert _sides(ScaledZF(size, channels=channels)) == SIDES[size]


@pytest.mark.parametrize(("given", "sides"), list(KRIZHEVSKYS.items()))
def test_a_larger_first_stride_makes_the_first_layers_krizhevskys(
    given: tuple[int, int, int], sides: tuple[int, ...]
) -> None:
    size, kernel, stride = given
    assert _sides(ScaledZF(size, kernel=kernel, stride=stride)) == sides


@pytest.mark.parametrize("size", SIZES)
def test_pools_round_up_and_normalisations_and_linear_layers_are_there(size: int) -> None:
    parts = list(ScaledZF(size).modules())
    pools: list[Any] = [part for part in parts if isinstance(part, nn.MaxPool2d)]
    assert [(p.kernel_size, p.stride, p.ceil_mode) for p in pools] == [(3, 2, True)] * 3
    norms = [part for part in parts if isinstance(part, nn.LocalResponseNorm)]
    assert [(n.size, n.alpha, n.beta, n.k) for n in norms] == [(5, 2.0, 0.75, 1.0)] * 2
    assert sum(isinstance(part, nn.Linear) for part in parts) == 3
    assert [part.p for part in parts if isinstance(part, nn.Dropout)] == [0.5, 0.5]


def test_at_96_px_the_twin_with_an_11_px_kernel_differs_in_the_first_layers_weights_alone() -> None:
    own, twin = ScaledZF(96).state_dict(), ScaledZF(96, kernel=11, stride=4).state_dict()
    differing = [name for name in own if own[name].shape != twin[name].shape]
    assert differing == ["conv1.weight"]
    assert own.keys() == twin.keys()


@pytest.mark.parametrize("without", [(), (3, 4), (7,), (6, 7), (3, 4, 6, 7), (4,), (6,)])
@pytest.mark.parametrize("size", [28, 96])
def test_every_variant_has_the_parameters_that_plain_counting_gives(
    size: int, without: tuple[int, ...]
) -> None:
    maps = {28: (32, 64, 96, 96, 64), 96: (48, 96, 128, 128, 96)}[size]
    kernels = (5 if size == 28 else 7, 5, 3, 3, 3)
    rows: list[table.Row] = [
        (f"conv{n}", kernel, 1, 0, out)
        for n, kernel, out in zip(range(1, 6), kernels, maps, strict=True)
        if n not in without
    ]
    linear = [*(256 for n in (6, 7) if n not in without), 5]
    net = ScaledZF(size, 5, without=without)
    counted = table.parameters(rows, 3, 2, linear)
    assert sum(weights.numel() for weights in net.parameters()) == counted
    assert _sides(net)[-1] == 2 if not without else net(torch.zeros(1, 3, size, size)).shape[1] == 5


def test_width_multiplies_the_maps_of_every_layer() -> None:
    net = ScaledZF(32, width=0.25)
    assert [m.out_channels for m in net.children() if isinstance(m, nn.Conv2d)] == [
        *(8, 16, 24, 24, 16)
    ]
    assert ScaledZF(32, width=0.001)(torch.zeros(1, 3, 32, 32)).shape == (1, 10)


@pytest.mark.parametrize(("size", "maps"), [(32, (128, 256, 128)), (72, (171, 341, 192))])
def test_wide_is_the_papers_share_more_in_layers_3_to_5(size: int, maps: tuple[int, ...]) -> None:
    paper = [512 / 384, 1024 / 384, 512 / 256]
    net, wide = ScaledZF(size), ScaledZF(size, wide=True)
    own = [net.get_submodule(f"conv{n}").out_channels for n in (3, 4, 5)]
    assert [wide.get_submodule(f"conv{n}").out_channels for n in (3, 4, 5)] == [*maps]
    assert [round(by * count) for by, count in zip(paper, own, strict=True)] == [*maps]
    assert wide.conv1.out_channels == net.conv1.out_channels
    assert _sides(wide) == SIDES[size]


def test_the_bundled_network_is_the_one_of_72_px_without_layer_7() -> None:
    bundled, mine = ZeilerNet(5).eval(), ScaledZF(72, 5, without=(7,)).eval()
    renamed = {key.replace("fc7", "fc8"): value for key, value in bundled.state_dict().items()}
    mine.load_state_dict(renamed)
    images = torch.randn(4, 3, 72, 72, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(mine(images), bundled(images), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("size", "kernel", "stride"), [(28, 11, 4), (32, 11, 4), (32, 40, 1), (64, 7, 16)]
)
def test_a_first_layer_that_leaves_too_little_is_refused(
    size: int, kernel: int, stride: int
) -> None:
    message = (
        f"A first layer of {kernel}x{kernel} at stride {stride} leaves too little of {size} px for "
        "the three pools. Give a smaller kernel or stride, or a network for larger images."
    )
    with pytest.raises(UsageError) as refused:
        ScaledZF(size, kernel=kernel, stride=stride)
    assert str(refused.value) == message
