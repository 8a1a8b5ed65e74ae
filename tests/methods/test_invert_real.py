"""Inversion on trained networks: what the paper's figure shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.invert import invert
from convscope.methods.options.invert import InvertOptions
from convscope.net.intake import load
from convscope.net.net import Net

LAYERS = ("features.1", "features.4.expand3x3_activation", "features.8.squeeze_activation")


@pytest.fixture(scope="module")
def squeezenet(shared: Path) -> Net:
    return load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")


@pytest.fixture(scope="module")
def photo(shared: Path, squeezenet: Net) -> Image:
    paths = sorted((shared / "data" / "imagenet-sample").glob("*/*.jpg"))
    return read(paths[41], squeezenet.preprocessing)


@pytest.mark.parametrize("kind", ["published", "fourier"])
def test_early_layers_are_nearly_photographic_and_deeper_ones_less(
    squeezenet: Net, photo: Image, kind: str
) -> None:
    options = InvertOptions(kind, steps=80)  # type: ignore[arg-type]
    found = invert(squeezenet, photo, LAYERS, options)
    psnr, error = found.psnr[:, 0], found.error[:, 0]
    assert psnr[0] > 25
    assert psnr[0] > psnr[1] > 14
    assert error[0] < 0.25
    assert error[0] < error[2] < 0.5
    assert (found.curve[:, 0, -1] < 0.35 * found.curve[:, 0, 0]).all()


@pytest.mark.parametrize("kind", ["published", "fourier"])
def test_pixels_are_lost_with_depth(kind: str) -> None:
    net = load("bundled:photos", device="cpu")
    y, x = np.mgrid[:72, :72] / 72
    pixels = np.stack([x, y, 0.5 + 0.4 * np.sin(9 * x) * np.cos(11 * y)], 2)
    scene = read((255 * pixels).astype(np.uint8), net.preprocessing)
    options = InvertOptions(kind, steps=160)  # type: ignore[arg-type]
    found = invert(net, scene, ["input", "relu1", "relu3", "relu6"], options)
    assert (np.diff(found.psnr[:, 0]) < 0).all()
    assert found.error.max() < 0.5


@pytest.mark.parametrize("kind", ["published", "fourier"])
def test_the_input_is_recovered(shared: Path, squeezenet: Net, kind: str) -> None:
    """A brown and a strongly green photograph."""
    paths = sorted((shared / "data" / "imagenet-sample").glob("*/*.jpg"))
    for place in (41, 99):
        photo = read(paths[place], squeezenet.preprocessing)
        found = invert(squeezenet, photo, ["input"], InvertOptions(kind))  # type: ignore[arg-type]
        assert found.psnr.min() > 40
