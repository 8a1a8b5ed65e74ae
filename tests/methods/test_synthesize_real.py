"""Scores on trained networks: pictures that outdo the data and are no adversarial noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image as Pillow
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.resnet20 import ResNet20
from convscope.atlas.make import build_atlas
from convscope.atlas.read import Atlas
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.methods.synthesize import synthesize
from convscope.net.net import Net
from convscope.preprocess import Preprocessing
from convscope.results.synthesis import Synthesis

ENOUGH = 0.9
"""Of the living channels."""


def held(made: Synthesis) -> None:
    """At least the strongest of the data, and seven tenths of it after shift and blur."""
    alive = np.isfinite(made.score)
    assert alive.sum() >= 0.8 * len(alive)
    assert (made.score[alive] >= 1).mean() >= ENOUGH, made.score.round(2)
    assert (made.remaining[alive] >= 0.7).mean() >= ENOUGH, made.remaining.round(2)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Net, Atlas]:
    """A network of one channel and 28 px, trained here, and an atlas of 400 of its digits."""
    images, labels = _digits()
    module = _trained(images, labels)
    net = Net(module, Preprocessing((28, 28), None, mean=(0.3,), std=(0.3,)))
    folder = tmp_path_factory.mktemp("digits")
    for i, image in enumerate(images[:400, 0].numpy()):
        Pillow.fromarray(np.uint8(image * 255)).save(folder / f"{i:03d}.png")
    return net, build_atlas(net, folder, folder / "atlas")


def _digits() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    found = load_digits()
    small = torch.tensor(found.images / 16, dtype=torch.float32)[:, None]
    large = F.interpolate(small, 28, mode="bilinear", align_corners=False)
    return large.clamp(0, 1), torch.tensor(found.target)


def _trained(images: Tensor, labels: Tensor) -> nn.Module:
    torch.manual_seed(0)
    module = nn.Sequential(
        *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 24, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(24 * 49, 10)),
    )
    optimizer = torch.optim.Adam(module.parameters(), 1e-3)
    for _ in range(4):
        for rows in torch.randperm(len(images)).split(64):
            optimizer.zero_grad()
            F.cross_entropy(module((images[rows] - 0.3) / 0.3), labels[rows]).backward()
            optimizer.step()
    accuracy = (module((images - 0.3) / 0.3).argmax(1) == labels).float().mean()
    assert accuracy > 0.95
    return module


@pytest.mark.parametrize("layer", ["1", "4", "7"])
def test_one_channel_of_28_pixels(digits: tuple[Net, Atlas], layer: str) -> None:
    net, atlas = digits
    held(synthesize(net, layer, SynthesizeOptions("natural"), atlas=atlas))


@pytest.fixture(scope="module")
def resnet(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Net, Atlas]:
    """The CIFAR ResNet-20 and an atlas of 500 training images."""
    weights = shared / "data" / "resnet20-cifar10.safetensors"
    module = ResNet20()
    module.load_state_dict(load_file(weights))
    with safe_open(str(weights), framework="pt") as file:
        net = Net(module, Preprocessing.from_metadata(file.metadata()))
    folder = tmp_path_factory.mktemp("cifar")
    table = pq.ParquetFile(shared / "data" / "cifar10-train.parquet")
    some = pa.Table.from_batches([next(table.iter_batches(500))])
    pq.write_table(some, folder / "some.parquet")
    return net, build_atlas(net, folder / "some.parquet", folder / "atlas")


@pytest.mark.parametrize("units", ["layer1.2", "layer2.0:0..15", "layer3.2:0..9"])
def test_a_residual_network_of_32_pixels(resnet: tuple[Net, Atlas], units: str) -> None:
    """BatchNorm, functional rectifiers, and fields from 15 px to the whole image."""
    net, atlas = resnet
    presets = ("natural", "auto") if units.startswith("layer3") else ("natural",)
    for preset in presets:  # auto: maco, where a cell sees the whole image
        held(synthesize(net, units, SynthesizeOptions(preset, starts=1), atlas=atlas))
