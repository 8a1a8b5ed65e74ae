"""One network written six ways is one network: the same layers, atlas and projections."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.atlas.make import build_atlas
from convscope.atlas.read import Atlas
from convscope.images.read import read
from convscope.methods.options.project import ProjectOptions
from convscope.methods.project import project
from convscope.methods.project_atlas import project_all
from convscope.net.net import Net
from convscope.preprocess import Preprocessing

SMALL = Preprocessing((20, 22), None, mean=(0.5,) * 3, std=(0.25,) * 3)
Rectify = Callable[[nn.Module, int, Tensor], Tensor]


class Written(nn.Module):
    """A residual network; how it rectifies and adds is left open."""

    def __init__(self, rectify: Rectify, add: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.rectify, self.add = rectify, add
        self.conv1, self.norm = nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.conv3 = nn.Conv2d(6, 8, 3, stride=2)
        self.pool, self.out = nn.MaxPool2d(3, 2, padding=1), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.rectify(self, 0, self.norm(self.conv1(x))))
        x = self.rectify(self, 1, self.add(self.conv2(x), x))
        x = self.rectify(self, 2, self.conv3(x))
        result: Tensor = self.out(x.mean((2, 3)))
        return result


def plus(y: Tensor, x: Tensor) -> Tensor:
    return y + x


def into(y: Tensor, x: Tensor) -> Tensor:
    y += x
    return y


def modules() -> nn.Module:
    made = Written(lambda net, i, x: net.relus[i](x), plus)  # type: ignore[index,operator,union-attr]
    made.relus = nn.ModuleList([nn.ReLU() for _ in range(3)])
    return made


def shared() -> nn.Module:
    made = Written(lambda net, i, x: net.relu(x), plus)  # type: ignore[operator]
    made.relu = nn.ReLU()
    return made


def in_place() -> nn.Module:
    made = Written(lambda net, i, x: net.relus[i](x), into)  # type: ignore[index,operator,union-attr]
    made.relus = nn.ModuleList([nn.ReLU(inplace=True) for _ in range(3)])
    return made


WAYS: dict[str, Callable[[], nn.Module]] = {
    "modules": modules,
    "one shared module": shared,
    "F.relu": lambda: Written(lambda net, i, x: F.relu(x), plus),
    "x.relu()": lambda: Written(lambda net, i, x: x.relu(), torch.add),
    "in place": in_place,
    "residual by +=, torch.relu_": lambda: Written(lambda net, i, x: torch.relu_(x), into),
}


def written(way: str) -> Net:
    torch.manual_seed(0)
    made = WAYS[way]()
    torch.manual_seed(1)
    with torch.no_grad():
        for tensor in made.parameters():
            tensor.copy_(torch.randn_like(tensor) * max(tensor[0].numel(), 4) ** -0.5)
    return Net(made, SMALL)


@pytest.fixture(scope="module")
def atlases(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Net, Atlas]]:
    folder = tmp_path_factory.mktemp("ways")
    (folder / "photos").mkdir()
    drawn = np.random.default_rng(0)
    for i in range(10):
        pixels = drawn.integers(0, 255, (20 + i, 24, 3), dtype=np.uint8)
        Pillow.fromarray(pixels).save(folder / "photos" / f"{i}.png")

    @cache
    def made(way: str) -> tuple[Net, Atlas]:
        net = written(way)
        return net, build_atlas(net, folder / "photos", folder / way.replace("/", "-"))

    return made


def told(layer: Any) -> tuple[Any, ...]:
    return (layer.number, layer.op, layer.channels, layer.height, layer.width, layer.field,
            layer.signed, layer.default)  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_the_same_layers(way: str) -> None:
    first = [told(layer) for layer in written("modules").tape().layers]
    assert [told(layer) for layer in written(way).tape().layers] == first
    assert [row[1] for row in first if row[-1]] == ["relu", "conv", "relu", "relu", "linear"]


@pytest.mark.parametrize("way", WAYS)
def test_the_same_atlas(way: str, atlases: Callable[[str], tuple[Net, Atlas]]) -> None:
    (_, one), (_, other) = atlases("modules"), atlases(way)
    assert [told(layer) for layer in one.layers] == [told(layer) for layer in other.layers]
    for a, b in zip(one.layers, other.layers, strict=True):
        for side in ("top", "bottom") if a.signed else ("top",):
            for name in ("value", "image", "y", "x"):
                mine, theirs = (
                    getattr(atlas.top(layer, side), name) for atlas, layer in ((one, a), (other, b))
                )
                assert np.array_equal(mine, theirs, equal_nan=True)
        for name in ("status", "maximum", "mean", "std", "fired_images", "histogram"):
            mine, theirs = getattr(one.units(a), name), getattr(other.units(b), name)
            assert np.array_equal(mine, theirs, equal_nan=name != "status")


@pytest.mark.parametrize("way", WAYS)
def test_the_same_projections(
    way: str, atlases: Callable[[str], tuple[Net, Atlas]], tmp_path: Path
) -> None:
    blocks = [list(project_all(*atlases(some), ranks=[1, 4])) for some in ("modules", way)]
    for one, other in zip(*blocks, strict=True):
        assert told(one.layer) == told(other.layer)
        assert np.array_equal(one.channels, other.channels)
        assert np.array_equal(one.zero, other.zero)
        assert np.allclose(one.tiles, other.tiles, rtol=0, atol=1e-6 * np.abs(one.tiles).max())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
def test_the_same_projection_of_a_unit(way: str, rule: str) -> None:
    pixels = np.random.default_rng(5).random((20, 22, 3)).astype(np.float32)
    options = ProjectOptions(rule=rule)  # type: ignore[arg-type]
    found = []
    for some in ("modules", way):
        net = written(some)
        layer = [one for one in net.tape().default_layers if one.is_spatial][-1]
        found.append(project(net, read(pixels, SMALL), f"{layer.name}:3", options))
    assert found[0].value == found[1].value
    assert found[0].cell == found[1].cell
    assert np.allclose(
        found[0].array, found[1].array, rtol=0, atol=1e-6 * abs(found[0].array).max()
    )
    assert not found[0].is_zero
