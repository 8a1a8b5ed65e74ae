"""An accelerator gives the atlas and the projections that the CPU gives.

The CPU is held to itself first, so that the comparison is run where there is no accelerator.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from convscope.atlas.make import build_atlas
from convscope.atlas.read import Atlas
from convscope.images.read import read
from convscope.methods.project import project
from convscope.methods.project_atlas import project_all
from convscope.net.net import Net
from convscope.preprocess import Preprocessing
from tests.net.zoo import UNet, fill, fires

IMAGES = 48
NETS = {"fires": fires, "unet": lambda: UNet("nearest")}
DEVICES = ["cpu", pytest.param("accelerator", marks=pytest.mark.gpu)]


def place(name: str) -> torch.device:
    found = torch.accelerator.current_accelerator() if name == "accelerator" else None
    return found or torch.device("cpu")


def network(name: str, device: torch.device) -> Net:
    module = fill(NETS[name]()).float().to(device)
    return Net(module, Preprocessing((48, 48), None, mean=(0.5,) * 3, std=(0.25,) * 3))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    drawn = np.random.default_rng(0)
    for i in range(IMAGES):
        pixels = drawn.integers(0, 255, (48, 50, 3), dtype=np.uint8)
        Pillow.fromarray(pixels).save(folder / f"{i:02}.png")
    return folder


def both(name: str, device: str, photos: Path, out: Path) -> list[tuple[Net, Atlas]]:
    nets = [network(name, torch.device("cpu")), network(name, place(device))]
    return [(net, build_atlas(net, photos, out / str(i))) for i, net in enumerate(nets)]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", NETS)
def test_the_same_atlas(name: str, device: str, photos: Path, tmp_path: Path) -> None:
    (_, one), (_, other) = both(name, device, photos, tmp_path)
    same, total = 0, 0
    for a, b in zip(one.layers, other.layers, strict=True):
        mine, theirs = one.top(a), other.top(b)
        cells = [
            {tuple(place) for place in np.stack([top.image[c], top.y[c], top.x[c]], 1).tolist()}
            for c in range(a.channels)
            for top in (mine, theirs)
        ]
        same += sum(len(cells[i] & cells[i + 1]) for i in range(0, len(cells), 2))
        total += sum(len(cells[i]) for i in range(0, len(cells), 2))
        scale = np.nanmax(np.abs(mine.value))
        assert np.allclose(mine.value, theirs.value, rtol=0, atol=1e-4 * scale, equal_nan=True)
        for column in ("maximum", "mean", "std", "fired_cells"):
            mine_, theirs_ = getattr(one.units(a), column), getattr(other.units(b), column)
            assert np.allclose(mine_, theirs_, rtol=1e-3, atol=1e-4 * scale, equal_nan=True)
    assert same >= 0.999 * total


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", NETS)
def test_the_same_projections(name: str, device: str, photos: Path, tmp_path: Path) -> None:
    (cpu, atlas), (net, _) = both(name, device, photos, tmp_path)
    pairs = zip(
        project_all(cpu, atlas, ranks=[1, 9]), project_all(net, atlas, ranks=[1, 9]), strict=True
    )
    apart: list[float] = []
    for one, other in pairs:
        assert np.array_equal(one.channels, other.channels)
        assert np.allclose(one.values, other.values, rtol=1e-4)
        scale = np.abs(one.tiles).max(axis=(1, 2, 3)) + 1e-12
        apart.extend(np.abs(one.tiles - other.tiles).max(axis=(1, 2, 3)) / scale)
    # a pooling switch may flip at a near-tie: seldom, and then by little
    assert np.mean(np.array(apart) <= 1e-4) >= 0.99
    assert max(apart) < 0.1


@pytest.mark.parametrize("device", DEVICES)
def test_the_same_projection_of_a_unit(device: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (48, 48, 3), dtype=np.uint8)
    nets = [network("fires", torch.device("cpu")), network("fires", place(device))]
    one, other = (project(net, read(pixels, net.preprocessing), "3:2") for net in nets)
    assert one.cell == other.cell
    assert one.value == pytest.approx(other.value, rel=1e-4)
    scale = np.abs(one.array).max()
    assert np.allclose(one.array, other.array, rtol=0, atol=1e-3 * scale)
