"""What makes a layer GLOBAL, and that it is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.net.rules import Rule
from tests.net.oracles import full
from tests.net.zoo import Forward, conv, fill, glass, photograph


class Positions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = conv(3, 4, padding=1), conv(4, 3)
        self.positions = nn.Parameter(torch.zeros(1, 4, 12, 12))

    def forward(self, x: Tensor) -> Tensor:
        return self.two(F.relu(self.one(x) + self.positions))


def _attention(m: Any, x: Tensor) -> Tensor:
    x = m.one(x).flatten(2)
    return F.softmax(x @ x.transpose(1, 2), -1) @ x


GLOBAL: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "group norm": (
        lambda: nn.Sequential(conv(3, 4), nn.GroupNorm(2, 4), conv(4, 3)),
        "1 (group_norm)",
    ),
    "instance norm": (
        lambda: nn.Sequential(conv(3, 4), nn.InstanceNorm2d(4), conv(4, 3)),
        "1 (instance_norm)",
    ),
    "positions": (Positions, "/add (add)"),
    "circular padding": (
        lambda: nn.Sequential(conv(3, 4, padding=1, padding_mode="circular")),
        "0/pad (pad)",
    ),
    "roll": (lambda: Forward(lambda m, x: m.one(x.roll(1, 2)), one=conv(3, 4)), "/roll (roll)"),
    "odd resize": (
        lambda: nn.Sequential(nn.Upsample((18, 18), mode="bilinear"), conv(3, 4)),
        "0 (interpolate)",
    ),
    "aligned corners": (
        lambda: nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)),
        "0 (interpolate)",
    ),
    "not quite doubled": (
        lambda: nn.Sequential(nn.Upsample(scale_factor=2.01)),
        "0 (interpolate)",
    ),
    "bicubic": (
        lambda: nn.Sequential(nn.Upsample(scale_factor=2, mode="bicubic")),
        "0 (interpolate)",
    ),
    "layer norm over space": (lambda: nn.Sequential(nn.LayerNorm((3, 12, 12))), "0 (layer_norm)"),
    "cumsum": (
        lambda: Forward(lambda m, x: m.one(x.cumsum(3)), one=conv(3, 4)),
        "/cumsum (cumsum)",
    ),
    "transposed space": (
        lambda: Forward(lambda m, x: m.one(x.reshape(1, 3, 6, 24)), one=conv(3, 4)),
        "/reshape (reshape)",
    ),
    "norm over rows": (
        lambda: Forward(lambda m, x: m.bn(x.permute(0, 2, 3, 1)), bn=nn.BatchNorm2d(12)),
        "bn (batch_norm)",
    ),
    "a cell picked": (
        lambda: Forward(lambda m, x: m.one(x[:, :, 2:-1, -9:]), one=conv(3, 4)),
        "/getitem (getitem)",
    ),
    "filters from the image": (
        lambda: Forward(lambda m, x: F.conv2d(x, x.mean((2, 3)).view(1, 3, 1, 1))),
        "/mean (mean)",
    ),
}


@pytest.mark.parametrize("name", GLOBAL)
def test_global_layers_name_the_op(name: str) -> None:
    make, cause = GLOBAL[name]
    net = glass(fill(make()), (12, 12))
    last = net.tape().layers[-1]
    assert (last.field.status, last.field.cause) == ("GLOBAL", cause)
    assert (last.field.y.size, last.field.x.size) == (12, 12)
    expected = full(net, net.tape(), photograph(net), last.number, 0, (1, 1), Rule("gradient"))
    assert expected.shape == (3, 12, 12)


def test_asking_for_a_size_is_no_escape() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        x = m.one(x)
        sizes = (x.numel(), x.ndim, len(x), x.size(1), x.dim(), x.element_size(), x.is_contiguous())
        return m.two(F.relu(x) if all(sizes) else x)

    assert (
        glass(Forward(forward, one=conv(3, 4), two=conv(4, 3))).tape().layers[-1].field.status
        == "EXACT"
    )
