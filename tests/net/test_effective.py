from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.errors import AddressError
from convscope.net.effective import filters_of
from convscope.net.filters import weighted_layers, weighted_op
from convscope.net.net import Net
from convscope.net.tape import Op
from tests.net.zoo import LOCAL, Forward, conv, fill, glass, photograph
from tests.twins.filters import folded


def op_of(net: Net, name: str) -> Op:
    return weighted_op(net.tape(), net.tape().layer(name))


def norms(net: Net) -> dict[str, Any]:
    return {n: m for n, m in net.module.named_modules() if isinstance(m, nn.BatchNorm2d)}


CONVS = {
    "plain": lambda: conv(3, 6, 3, padding=1),
    "no bias": lambda: conv(3, 6, 3, bias=False),
    "grouped": lambda: conv(3, 6, 3, groups=3, stride=2),
    "transposed": lambda: nn.ConvTranspose2d(3, 6, 3, stride=2),
    "transposed groups": lambda: nn.ConvTranspose2d(3, 6, 3, groups=3),
}


@pytest.mark.parametrize("name", CONVS)
@pytest.mark.parametrize("between", [nn.Identity, nn.Dropout2d])
def test_a_convolution_with_the_effective_filters_is_both(name: str, between: Any) -> None:
    net = glass(fill(nn.Sequential(CONVS[name](), between(), nn.BatchNorm2d(6), nn.ReLU())), (9, 8))
    part: Any = net.module[0]  # type: ignore[index]
    norm: Any = net.module[2]  # type: ignore[index]
    assert (norm.weight < 0).any()
    found = filters_of(net.tape(), op_of(net, "0"))
    assert found.norm == "2"
    weight, bias = torch.from_numpy(found.weight), torch.from_numpy(found.bias)
    if name.startswith("transposed"):  # (out, in / g, ...) back to torch's (in, out / g, ...)
        g = part.groups
        weight = weight.reshape(g, 6 // g, 3 // g, 3, 3).transpose(1, 2).reshape(3, 6 // g, 3, 3)
        again = F.conv_transpose2d(photograph(net), weight, bias, part.stride, groups=g)
    else:
        again = F.conv2d(photograph(net), weight, bias, part.stride, part.padding, 1, part.groups)
    with torch.no_grad():
        expected = norm(part(photograph(net)))
    assert float((again - expected).abs().max()) < 1e-12
    plain = filters_of(net.tape(), op_of(net, "0"), effective=False)
    assert plain.norm == ""
    assert (plain.gain == 1).all()


def test_folding_is_what_it_is_weight_by_weight() -> None:
    net = glass(fill(nn.Sequential(conv(3, 5), nn.BatchNorm2d(5, eps=0.01), nn.ReLU())), (6, 7))
    part: Any = net.module[0]  # type: ignore[index]
    net.module.requires_grad_(False)
    weight, bias = folded(part.weight.numpy(), part.bias, norms(net)["1"])
    found = filters_of(net.tape(), op_of(net, "0"))
    assert np.abs(found.weight - weight).max() < 1e-14
    assert np.abs(found.bias - bias).max() < 1e-14


def test_a_norm_without_gain_has_gain_one_over_its_deviation() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.BatchNorm2d(4, affine=False))), (6, 6))
    norm = norms(net)["1"]
    found = filters_of(net.tape(), op_of(net, "0"))
    assert np.allclose(found.gain, 1 / np.sqrt(norm.running_var.numpy() + norm.eps), rtol=1e-14)


def test_a_norm_that_others_read_beside_is_not_folded_in() -> None:
    def forward(s: nn.Module, x: Tensor) -> Tensor:
        y = s.conv(x)  # type: ignore[operator]
        return F.relu(s.norm(y)) + y  # type: ignore[operator]

    net = glass(fill(Forward(forward, conv=conv(3, 4), norm=nn.BatchNorm2d(4))), (6, 6))
    assert filters_of(net.tape(), op_of(net, "conv")).norm == ""


def test_a_norm_of_the_batch_has_no_gain_and_it_is_said() -> None:
    part = nn.BatchNorm2d(4, track_running_stats=False)
    net = glass(fill(nn.Sequential(conv(3, 4), part)), (6, 6))
    found = filters_of(net.tape(), op_of(net, "0"))
    assert "statistics of the batch" in found.note
    assert found.norm == ""


class Flat(nn.Module):
    """A linear layer over a map, flattened in one order or another."""

    def __init__(self, order: str) -> None:
        super().__init__()
        self.order, self.conv, self.linear = order, conv(3, 4), nn.Linear(4 * 4 * 5, 6)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv(x))
        x = x.permute(0, 2, 3, 1) if self.order == "nhwc" else x
        return self.linear(F.dropout(F.relu(x.flatten(1)), 0.5, self.training))


@pytest.mark.parametrize("order", ["nchw", "nhwc"])
def test_a_linear_row_over_a_map_is_a_map(order: str) -> None:
    net = glass(fill(Flat(order)), (6, 7))
    found = filters_of(net.tape(), op_of(net, "linear"))
    assert found.weight.shape == (6, 4, 4, 5)
    with torch.no_grad():
        given = F.relu(net.module.conv(photograph(net))).numpy()[0]  # type: ignore[operator,union-attr]
        expected = net.module(photograph(net)).numpy()[0]
    answer = (found.weight * given).sum(axis=(1, 2, 3)) + found.bias
    assert np.abs(answer - expected).max() < 1e-12
    flat = filters_of(net.tape(), op_of(net, "linear"), reshaped=False)
    assert flat.weight.shape == (6, 80, 1, 1)


def test_linear_layers_over_channels_are_1x1_filters() -> None:
    net = glass(fill(LOCAL["convnext"]()), (24, 28))
    name = next(layer.name for layer in weighted_layers(net.tape()) if layer.op == "linear")
    assert filters_of(net.tape(), op_of(net, name)).weight.shape == (8, 4, 1, 1)


@pytest.mark.parametrize("name", [n for n in LOCAL if n != "same_string"])
def test_every_weighted_layer_has_filters(name: str) -> None:
    size = (24, 28) if name.startswith("unet") or name == "convnext" else (24, 29)
    net = glass(fill(LOCAL[name]()), size)
    layers = weighted_layers(net.tape())
    assert layers
    for layer in layers:
        found = filters_of(net.tape(), op_of(net, layer.name))
        assert len(found.weight) == layer.channels
        assert np.isfinite(found.weight).all()


def test_a_layer_without_weights_names_where_they_are() -> None:
    net = glass(fill(LOCAL["residual"]()), (24, 29))
    tape = net.tape()
    with pytest.raises(AddressError, match=r"1 \(relu\) has no weights of its own.* come from 0:"):
        weighted_op(tape, tape.layer("1"))
    block = next(layer for layer in tape.layers if layer.op == "add")
    with pytest.raises(AddressError, match=r"come from 0, 2\.conv2: ask"):
        weighted_op(tape, block)
    first = glass(nn.Sequential(nn.ReLU(), conv(3, 2).double()), (5, 5))
    net = glass(first.module.double(), (5, 5))
    with pytest.raises(AddressError, match="No layer before it has any"):
        weighted_op(net.tape(), net.tape().layer("0"))
