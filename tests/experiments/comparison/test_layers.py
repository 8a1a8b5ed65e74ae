from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from convscope.errors import NetworkError
from convscope.experiments.comparison.layers import first_layers
from convscope.net.effective import filters_of
from convscope.net.intake import load
from tests.net.zoo import Forward, ceil_pools, conv, fill, glass


def test_the_bundled_nets_first_two_convolutions_are_found() -> None:
    found = first_layers(load("bundled:photos", device="cpu"))
    assert (found.first.name, found.seen.name) == ("conv1", "relu1")
    assert found.next is not None
    assert found.shown is not None
    assert (found.next.name, found.shown.name, found.next.lattice) == ("conv2", "relu2", 4)


def test_first_filters_act_through_their_batch_norm_and_the_next_stand_as_they_are() -> None:
    parts = [conv(3, 4, 5), nn.BatchNorm2d(4), nn.ReLU(), conv(4, 6), nn.BatchNorm2d(6), nn.ReLU()]
    net = glass(fill(nn.Sequential(*parts)))
    found, tape = first_layers(net), net.tape()
    own, effective = (
        filters_of(tape, tape.ops[found.first.number], effective=how).weight for how in (0, 1)
    )
    assert (found.first.weights == effective).all()
    assert not (found.first.weights == own).all()
    assert found.next is not None
    assert torch.equal(torch.from_numpy(found.next.weights), parts[3].weight)
    assert (found.seen.name, found.shown and found.shown.name) == ("2", "5")


def test_a_convolution_that_does_not_read_the_first_is_not_the_next() -> None:
    def forward(self: nn.Module, x: Tensor) -> Tensor:
        one, beside = self.one(x), self.beside(x)  # type: ignore[operator]
        beside = self.after(beside)  # type: ignore[operator]
        return self.second(one.relu())[..., :3, :3] + beside[..., :3, :3]  # type: ignore[operator]

    parts = {
        "one": conv(3, 4), "beside": conv(3, 4), "after": conv(4, 5), "second": conv(4, 5),
    }  # fmt: skip
    found = first_layers(glass(fill(Forward(forward, **parts))))
    assert found.first.name == "one"
    assert found.next is not None
    assert found.next.name == "second"


def test_a_gate_is_no_second_layer_and_there_may_be_none() -> None:
    parts = [conv(3, 4, 5, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), conv(4, 5, 1)]
    found = first_layers(glass(fill(nn.Sequential(*parts))))
    assert found.next is None
    assert found.shown is None
    grouped = first_layers(glass(fill(ceil_pools())))
    assert grouped.next is not None
    assert (grouped.next.groups, grouped.next.name) == (2, "3")


def test_a_network_whose_first_convolution_reads_no_image_is_refused() -> None:
    flat = glass(fill(nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 29, 4))))
    with pytest.raises(NetworkError, match="no convolution that reads the image \\(it has none"):
        first_layers(flat)
    pooled = glass(fill(nn.Sequential(nn.MaxPool2d(2), conv(3, 4))))
    with pytest.raises(NetworkError, match="its first, 1, reads something else"):
        first_layers(pooled)
