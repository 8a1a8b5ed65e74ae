from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from convscope.doctor.filters import filters_behind, layer_filters
from convscope.net.intake import load
from convscope.net.net import Net
from tests.net.zoo import Forward, ceil_pools, conv, fill, glass


def test_the_bundled_nets_layers_are_read_as_they_are() -> None:
    net = load("bundled:photos", device="cpu")
    found = list(layer_filters(net))
    names = ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7"]
    assert [one.name for one in found] == names
    assert [one.is_first for one in found] == [True] + [False] * 6
    assert [(one.stride, one.lattice) for one in found[:3]] == [(2, 1), (1, 4), (1, 8)]
    assert [one.op for one in found[4:]] == ["conv", "linear", "linear"]
    for one in found:
        own = net.module.get_submodule(one.name).weight.detach().double()
        assert (one.weights.reshape(own.shape) == own.numpy()).all()
        assert one.weights.ndim == 4


def test_a_batch_norm_after_it_changes_nothing() -> None:
    net = glass(fill(ceil_pools()))
    found = {one.name: one for one in layer_filters(net)}
    assert [(one.groups, one.stride, one.lattice) for one in found.values()] == [
        (1, 2, 1), (2, 1, 4), (1, 1, 8),
    ]  # fmt: skip
    own = net.module.get_submodule("3").weight.detach().numpy()
    assert (found["3"].weights == own).all()


def test_what_a_network_does_to_its_input_first_is_no_layer_between() -> None:
    def forward(self: nn.Module, x: Tensor) -> Tensor:
        x = nn.functional.pad(
            (x - 0.5) / torch.full((1, 3, 1, 1), 0.25, dtype=x.dtype), (2, 2, 2, 2)
        )
        return self.second(self.first(x).relu())  # type: ignore[operator,no-any-return]

    parts = {"first": conv(3, 4, 5, stride=(2, 1)), "second": conv(4, 2, 1)}
    first, second = layer_filters(glass(fill(Forward(forward, **parts))))
    assert (first.is_first, first.stride, first.lattice) == (True, 2, 1)
    assert (second.is_first, second.lattice) == (False, 2)


def test_a_linear_layer_of_the_pixels_is_no_first_convolution() -> None:
    net = glass(fill(nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 29, 4))))
    (only,) = layer_filters(net)
    assert (only.is_first, only.lattice) == (False, 0)
    assert only.weights.shape == (4, 3 * 24 * 29, 1, 1)


def test_a_transposed_convolution_is_read_the_right_way_round() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ConvTranspose2d(4, 6, 3, stride=2))))
    _, second = layer_filters(net)
    assert (second.op, second.weights.shape, second.stride) == ("conv_transpose", (6, 4, 3, 3), 1)


def behind(net: Net) -> dict[str, str | None]:
    tape = net.tape()
    found = {layer.op: filters_behind(tape, layer) for layer in tape.layers}
    return {op: None if one is None else one.name for op, one in found.items()}


def test_channels_come_from_the_filters_before_a_norm_a_rectifier_and_a_pool() -> None:
    parts = [conv(3, 4), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    net = glass(fill(nn.Sequential(*parts, nn.Linear(4 * 11 * 13, 5), nn.Tanh())))
    assert behind(net) == {
        "conv": "0", "batch_norm": "0", "relu": "0", "max_pool": "0", "flatten": None,
        "linear": "5", "tanh": "5",
    }  # fmt: skip


def test_a_sum_has_no_filters_and_neither_has_what_is_before_the_first() -> None:
    def forward(self: nn.Module, x: Tensor) -> Tensor:
        x = nn.functional.avg_pool2d(x, 2)
        return (self.a(x) + self.b(x)).relu()  # type: ignore[operator,no-any-return]

    net = glass(fill(Forward(forward, a=conv(3, 3), b=conv(3, 3))))
    assert behind(net) == {"avg_pool": None, "conv": "b", "add": None, "relu": None}


def test_filters_behind_a_norm_may_be_asked_for_as_they_act() -> None:
    norm = nn.BatchNorm2d(4)
    net = glass(fill(nn.Sequential(conv(3, 4), norm, nn.ReLU())))
    tape = net.tape()
    own, acting = (filters_behind(tape, tape.layer("2"), effective=e) for e in (False, True))
    assert own is not None
    assert acting is not None
    gain = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().double().numpy()
    assert np.allclose(acting.weights, own.weights * gain[:, None, None, None])
