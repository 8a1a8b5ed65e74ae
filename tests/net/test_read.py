from __future__ import annotations

import torch
from torch import nn

from convscope.net.full import activations
from convscope.net.read import read_layers
from tests.net.zoo import conv, fill, glass, local, photograph


def test_values_are_those_of_a_bare_forward_bit_for_bit() -> None:
    net = local("fires")
    tape, layers = net.tape(), net.tape().layers
    found = read_layers(net, photograph(net), layers)
    expected = activations(net, tape, photograph(net), [layer.number for layer in layers])
    for layer in layers:
        assert torch.equal(found[layer.number], expected[layer.number][0].reshape(
            layer.channels, layer.height, layer.width))  # fmt: skip


def test_a_vector_has_one_cell_and_a_layer_asked_twice_is_read_once() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.Flatten(), nn.Linear(4 * 4 * 5, 6))), (6, 7))
    last = net.tape().layers[-1]
    found = read_layers(net, photograph(net), [last, last])
    assert list(found) == [last.number]
    assert found[last.number].shape == (6, 1, 1)


def test_what_is_read_is_ones_own() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU(inplace=True))), (6, 7))
    layers = net.tape().layers
    one = read_layers(net, photograph(net), layers)
    one[0].fill_(9)
    assert not torch.equal(one[0], read_layers(net, photograph(net), layers)[0])


def test_nothing_asked_is_nothing_run() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU())), (6, 7))
    net.tape()
    net.module.register_forward_pre_hook(lambda m, given: 1 / 0)
    assert read_layers(net, photograph(net), []) == {}
