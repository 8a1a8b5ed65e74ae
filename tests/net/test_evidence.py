"""Where heat maps are read, and on which heads CAM is defined."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.errors import AddressError, HeadError
from convscope.net.evidence import Head, averaged_head, evidence_layer
from convscope.net.net import Net
from convscope.net.scores import scores_layer
from tests.net.zoo import Block, Fire, Forward, conv, fill, glass

SIZE = (13, 15)


def chosen(net: Net) -> tuple[str, str]:
    layer, reason = evidence_layer(net.tape(), scores_layer(net))
    return layer.name, reason


def averaged(net: Net) -> Head:
    return averaged_head(net.tape(), scores_layer(net))


def over(*parts: nn.Module) -> Net:
    return glass(fill(nn.Sequential(*parts)), SIZE)


FLAT = (nn.AdaptiveAvgPool2d(1), nn.Flatten())


def test_the_last_rectified_maps_before_pooling() -> None:
    net = over(conv(3, 4), nn.ReLU(), conv(4, 5), nn.ReLU(), *FLAT, nn.Linear(5, 3))
    assert chosen(net) == (
        "3",
        "3, the last layer with cells in space before global average pooling: 9 × 11 cells",
    )
    assert averaged(net) == Head(net.tape().layer("3"), False)


def test_after_a_residual_sum() -> None:
    net = over(conv(3, 4), nn.ReLU(), Block(4, 4, 1), Block(4, 6, 2), *FLAT, nn.Linear(6, 3))
    name, _ = chosen(net)
    assert name == averaged(net).layer.name
    assert net.tape().layer(name).op == "relu"
    assert net.tape().layer(name).channels == 6


def test_pooling_before_a_flat_head_stays_behind() -> None:
    net = over(
        *(conv(3, 4), nn.ReLU(), conv(4, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(100, 7), nn.ReLU(), nn.Linear(7, 3)),
    )
    name, reason = chosen(net)
    assert (name, "before its cells are laid in a row" in reason) == ("3", True)
    with pytest.raises(HeadError, match=r"goes to 8 through linear ops alone; here 7 \(relu\)"):
        averaged(net)


def test_branches_that_pass_the_last_layer_by_are_joined_first() -> None:
    """DenseNet: the last convolution is only a part of what the classes see."""

    def forward(self: nn.Module, x: Tensor) -> Tensor:
        x = self.one(x)  # type: ignore[operator]
        x = torch.cat([x, self.two(F.relu(x))], 1)  # type: ignore[operator]
        x = torch.cat([x, self.three(F.relu(x))], 1)  # type: ignore[operator]
        return self.fc(F.relu(self.norm(x)).mean((2, 3)))  # type: ignore[operator,no-any-return]

    net = glass(
        fill(
            Forward(
                forward,
                one=conv(3, 4),
                two=conv(4, 2, padding=1),
                three=conv(6, 2, padding=1),
                norm=nn.BatchNorm2d(8),
                fc=nn.Linear(8, 3),
            )
        ),
        SIZE,
    )
    name, reason = chosen(net)
    assert (name, net.tape().layer(name).channels) == ("/relu@3", 8)
    assert "before global average pooling" in reason


def test_the_classes_own_maps_are_passed_over() -> None:
    """SqueezeNet: at the maps of the classes themselves every formula is that one map."""
    net = over(
        *(conv(3, 6), nn.ReLU(), Fire(6, 3, 4), nn.Dropout(0.5), conv(8, 3, 1), nn.ReLU(True)),
        *FLAT,
    )
    assert chosen(net) == (
        "2",
        "2, the last layer with cells in space before the maps of the classes themselves: "
        "11 × 13 cells",
    )
    assert averaged(net) == Head(net.tape().layer("5"), True)


def test_what_a_bounded_activation_makes_is_taken() -> None:
    net = over(conv(3, 4), nn.BatchNorm2d(4), nn.ReLU6(), *FLAT, nn.Linear(4, 3))
    assert chosen(net)[0] == "2"
    assert not net.tape().layer("2").default


def test_a_unit_has_the_layer_before_it() -> None:
    net = over(conv(3, 4), nn.ReLU(), conv(4, 5), nn.ReLU(), *FLAT, nn.Linear(5, 3))
    layer, reason = evidence_layer(net.tape(), net.tape().layer("2"))
    assert layer.name == "1"
    assert reason == "1, the last layer with cells in space before 2: 11 × 13 cells"
    with pytest.raises(AddressError, match="No layer with cells in space comes before 0"):
        evidence_layer(net.tape(), net.tape().layer("0"))


def test_a_layer_beside_the_targets_way_is_not_taken() -> None:
    def forward(self: nn.Module, x: Tensor) -> Tensor:
        x = self.one(x).relu()  # type: ignore[operator]
        scores = self.fc(x.mean((2, 3)))  # type: ignore[operator]
        self.aside(x).relu().mean((2, 3))  # type: ignore[operator]
        return scores  # type: ignore[no-any-return]

    parts = {"one": conv(3, 4), "aside": conv(4, 4), "fc": nn.Linear(4, 3)}
    net = glass(fill(Forward(forward, **parts)), SIZE)
    assert chosen(net)[0] == "/relu@1"


MEANS = {
    "adaptive": lambda self, x: F.adaptive_avg_pool2d(x, 1).flatten(1),
    "avg_pool": lambda self, x: F.avg_pool2d(x, x.shape[2:]).flatten(1),
    "mean": lambda self, x: x.mean((2, 3)),
    "mean, kept": lambda self, x: x.mean((-1, -2), keepdim=True).view(x.shape[0], -1),
}
NO_MEANS = {
    "max": lambda self, x: x.amax((2, 3)),
    "sum": lambda self, x: x.sum((2, 3)),
    "some cells": lambda self, x: F.avg_pool2d(x, (10, 12)).flatten(1),
    "more than cells": lambda self, x: F.avg_pool2d(x, (13, 15), padding=1).flatten(1),
}


def _pooled(pool: object) -> Net:
    def forward(self: nn.Module, x: Tensor) -> Tensor:
        return self.fc(pool(self, self.one(x).relu()))  # type: ignore[operator,no-any-return]

    return glass(fill(Forward(forward, one=conv(3, 4), fc=nn.Linear(4, 3))), SIZE)


@pytest.mark.parametrize("spelling", MEANS)
def test_every_spelling_of_the_mean_is_one(spelling: str) -> None:
    net = _pooled(MEANS[spelling])
    assert averaged(net).layer.name == "/relu"
    assert "before global average pooling" in chosen(net)[1]


@pytest.mark.parametrize("spelling", NO_MEANS)
def test_what_is_no_mean_of_all_cells_is_none(spelling: str) -> None:
    with pytest.raises(HeadError, match="Use gradcam, which is CAM divided by the number of cells"):
        averaged(_pooled(NO_MEANS[spelling]))


HEADS = {
    "two linear": (*FLAT, nn.Linear(4, 5), nn.Linear(5, 3)),
    "1x1 conv": (nn.AdaptiveAvgPool2d(1), conv(4, 3, 1), nn.Flatten()),
    "norm": (*FLAT, nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3)),
    "softmax": (*FLAT, nn.Linear(4, 3), nn.LogSoftmax(1)),
}


@pytest.mark.parametrize("name", HEADS)
def test_linear_heads(name: str) -> None:
    net = over(conv(3, 4), nn.ReLU(), *HEADS[name])
    assert averaged(net) == Head(net.tape().layer("1"), False)


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ((nn.Linear(4, 3), nn.Tanh()), "tanh"),
        ((nn.LayerNorm(4), nn.Linear(4, 3)), "layer_norm"),
        ((nn.Linear(4, 3), nn.ReLU()), "relu"),
    ],
)
def test_a_head_that_is_not_linear_is_named(parts: tuple[nn.Module, ...], named: str) -> None:
    with pytest.raises(HeadError, match=rf"here \S+ \({named}\) stands in the way"):
        averaged(over(conv(3, 4), nn.ReLU(), *FLAT, *parts))
