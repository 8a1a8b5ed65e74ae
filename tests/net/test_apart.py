from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.curves import curves
from convscope.methods.heatmap import heatmap
from convscope.methods.occlude import occlude
from convscope.methods.options.curves import CurvesOptions
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.methods.options.occlude import OccludeOptions
from convscope.methods.options.ranks import RanksOptions
from convscope.methods.ranks import ranks
from convscope.net.apart import is_apart
from convscope.net.net import Net
from tests.net.zoo import Forward, conv, fill, glass
from tests.twins.occlusion import occlude_one_by_one

GRID = OccludeOptions(occluder=9, stride=8, patches=0)


def of_the_batch() -> nn.Module:
    return nn.Sequential(
        *(conv(3, 4), nn.BatchNorm2d(4, track_running_stats=False), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)),
    )


def less_the_mean() -> nn.Module:
    def forward(self: Forward, x: Tensor) -> Tensor:
        x = torch.relu(self.one(x))
        head: Tensor = self.head((x - x.mean(0, keepdim=True) / 2).mean((2, 3)))
        return head

    return Forward(forward, one=conv(3, 4), head=nn.Linear(4, 5))


def one_only() -> nn.Module:
    def forward(self: Forward, x: Tensor) -> Tensor:
        head: Tensor = self.head(torch.relu(self.one(x)).mean((2, 3)).view(4))
        return head[None]

    return Forward(forward, one=conv(3, 4), head=nn.Linear(4, 5))


MIXING = [of_the_batch, less_the_mean, one_only]


def drawing() -> nn.Module:
    def forward(self: Forward, x: Tensor) -> Tensor:
        x = F.dropout(torch.relu(self.one(x)), 0.5, training=True)
        head: Tensor = self.head(x.mean((2, 3)))
        return head

    return Forward(forward, one=conv(3, 4), head=nn.Linear(4, 5))


def made(body: nn.Module) -> tuple[Net, Image]:
    net = glass(fill(body))
    pixels = np.random.default_rng(2).random((24, 29, 3)).astype(np.float32)
    return net, read(pixels, net.preprocessing)


def last(net: Net) -> int:
    return net.tape().ops[-1].number


@pytest.mark.parametrize("body", [*MIXING, drawing])
def test_what_mixes_or_draws_is_not_apart(body: object) -> None:
    net, _ = made(body())  # type: ignore[operator]
    assert not is_apart(net, last(net))
    assert is_apart(net, 0)  # the convolution before


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_plain_networks_are_apart_in_every_type(dtype: torch.dtype) -> None:
    body = nn.Sequential(conv(3, 64), nn.BatchNorm2d(64), nn.ReLU(), conv(64, 64), nn.Flatten())
    net = glass(fill(body).to(dtype))
    assert is_apart(net, last(net))


def test_it_is_asked_once() -> None:
    calls = []

    def forward(self: Forward, x: Tensor) -> Tensor:
        calls.append(len(x))
        result: Tensor = self.one(x)
        return result

    net = glass(fill(Forward(forward, one=conv(3, 4))))
    assert is_apart(net, last(net))
    before = len(calls)
    assert is_apart(net, last(net))
    assert len(calls) == before


@pytest.mark.parametrize("body", MIXING)
def test_occlusion_of_such_a_network_is_of_one_image_at_a_time(body: object) -> None:
    net, image = made(body())  # type: ignore[operator]
    found = occlude(net, image, "class:2", GRID)
    assert "One image at a time" in found.exact
    for name, values in occlude_one_by_one(net, image, "class:2", GRID, found.unit).items():
        given = getattr(found, name).reshape(values.shape)
        np.testing.assert_allclose(given, values, rtol=0, atol=1e-9 * np.abs(values).max())


@pytest.mark.parametrize("body", MIXING)
def test_curves_of_such_a_network_are_of_one_image_at_a_time(body: object) -> None:
    net, image = made(body())  # type: ignore[operator]
    drawn = heatmap(net, image, "class:2", HeatmapOptions(sanity=False))
    found = curves(net, image, "class:2", drawn, CurvesOptions(steps=4, batch=8))
    with torch.no_grad():
        own = net.module(net.one(image))[0]
    assert found.scores[0, 0] == pytest.approx(float(own[2]), rel=1e-9)
    assert found.scores[1, -1] == found.scores[0, 0]
    shares = torch.softmax(own, 0)
    assert found.deletion[0] == pytest.approx(float(shares[2]), rel=1e-9)


@pytest.mark.parametrize("body", MIXING)
def test_ranks_of_such_a_network_are_of_one_image_at_a_time(body: object, tmp_path: Path) -> None:
    net, _ = made(body())  # type: ignore[operator]
    drawn = np.random.default_rng(0)
    files = [tmp_path / f"{number}.png" for number in range(6)]
    for file in files:
        Pillow.fromarray(drawn.integers(0, 256, (24, 29, 3), dtype=np.uint8)).save(file)
    found = ranks(net, tmp_path, "class:2", RanksOptions(control=False))
    with torch.no_grad():
        scores = [net.module(net.one(read(file, net.preprocessing)))[0, 2] for file in files]
    np.testing.assert_allclose(found.spectrum, sorted(map(float, scores), reverse=True), rtol=1e-6)
