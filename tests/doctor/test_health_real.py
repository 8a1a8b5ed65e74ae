"""The doctor on real networks, their shuffled twins, and one with silenced channels."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from convscope.doctor.floors import initialized, shuffled
from convscope.doctor.health import health
from convscope.doctor.options import HealthOptions
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.net.twin import copied
from convscope.results.health import Health

SAMPLE = HealthOptions(sample=120, floors=False)


@pytest.fixture(scope="module")
def squeezenet(shared: Path) -> Net:
    if find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    data = shared / "data"
    return load(
        "torchvision:squeezenet1_0",
        weights=data / "squeezenet1_0-imagenet.safetensors",
        classes=data / "imagenet-classes.txt",
        device="cpu",
    )


@pytest.fixture(scope="module")
def resnet20(shared: Path, root: Path) -> Net:
    spec = f"{root}/benchmarks/resnet20.py:resnet20"
    return load(spec, weights=shared / "data" / "resnet20-cifar10.safetensors", device="cpu")


def on_photos(net: Net, shared: Path) -> Health:
    return health(net, shared / "data" / "imagenet-sample", options=SAMPLE)


def on_cifar(net: Net, shared: Path) -> Health:
    return health(net, shared / "data" / "cifar10-train.parquet", options=SAMPLE)


def test_squeezenet_is_trained(squeezenet: Net, shared: Path) -> None:
    found = on_photos(squeezenet, shared)
    assert (found.state, found.certainty) == ("trained", "sure"), found.headline
    assert found.answers["accuracy"] == pytest.approx(0.61, abs=0.1)
    assert 19 in found.channels("constant")["features.9.expand1x1_activation"]


def test_resnet20_is_trained(resnet20: Net, shared: Path) -> None:
    found = on_cifar(resnet20, shared)
    assert (found.state, found.certainty) == ("trained", "sure"), found.headline
    assert found.answers["accuracy"] == pytest.approx(0.84, abs=0.1)


@pytest.mark.parametrize("floor", ["shuffled", "initialized"])
def test_their_floors_are_not(squeezenet: Net, resnet20: Net, shared: Path, floor: str) -> None:
    def made(net: Net) -> Net:
        return shuffled(net) if floor == "shuffled" else initialized(net)[0]

    for found in (on_photos(made(squeezenet), shared), on_cifar(made(resnet20), shared)):
        assert (found.state, found.certainty) == ("untrained", "sure"), found.headline
        assert "which is guessing" in found.headline


@pytest.mark.parametrize(
    ("conv", "layer", "channels"),
    [
        ("features.8.expand3x3", "features.8.expand3x3_activation", 192),
        ("features.4.squeeze", "features.4.squeeze_activation", 16),
        ("features.12.expand1x1", "features.12.expand1x1_activation", 256),
    ],
)
def test_a_tenth_of_a_layer_silenced_is_named_exactly(
    squeezenet: Net, shared: Path, conv: str, layer: str, channels: int
) -> None:
    before = on_photos(squeezenet, shared).channels("dead").get(layer, ())
    some = np.sort(np.random.default_rng(1).choice(channels, channels // 10, replace=False))
    net = copied(squeezenet)
    with torch.no_grad():
        net.module.get_submodule(conv).bias[torch.from_numpy(some)] = -1e6
    found = on_photos(net, shared)
    assert found.channels("dead")[layer] == tuple(sorted({*before, *some.tolist()}))
    assert found.state == "trained"
    said = next(one for one in found.findings if (one.kind, one.layer) == ("dead", layer))
    assert said.channels == found.channels("dead")[layer]
