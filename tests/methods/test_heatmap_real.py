"""Heat maps of the ImageNet SqueezeNet: exact sums, Captum's numbers, and the object in the map."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.curves import curves
from convscope.methods.heatmap import heatmap
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.net.intake import load
from convscope.net.net import Net

PHOTO = "imagenet-sample/n01797886/ruffed_grouse.jpg"
TARGET = "class:ruffed grouse"
BIRD = (slice(75, 185), slice(95, 220))
"""Where the bird is in the network's 227 x 227 input, by eye, (y, x)."""
ALONE = HeatmapOptions(sanity=False)


@pytest.fixture(scope="module")
def net(shared: Path) -> Net:
    data = shared / "data"
    classes = str(data / "imagenet-classes.txt")
    return load(data / "squeezenet1_0-imagenet.safetensors", device="cpu", classes=classes)


@pytest.fixture(scope="module")
def bare(net: Net) -> nn.Module:
    """The network without convscope, without dropout."""
    return deepcopy(net.module).eval()


@pytest.fixture(scope="module")
def photo(shared: Path, net: Net) -> Image:
    return read(shared / "data" / PHOTO, net.preprocessing)


def test_the_mean_of_cam_is_the_logit(net: Net, bare: nn.Module, photo: Image) -> None:
    found = heatmap(net, photo, TARGET, HeatmapOptions(kind="cam", sanity=False))
    with torch.no_grad():
        logits = bare(net.one(photo))[0]
    number = int(logits.argmax())
    assert found.target == net.labels[number] == "ruffed grouse"  # type: ignore[index]
    assert found.map.mean(dtype=np.float64) == pytest.approx(float(logits[number]), rel=1e-6)
    assert found.probability == pytest.approx(float(logits.softmax(0)[number]), rel=1e-5)
    assert found.layer == "classifier.2"


def test_gradcam_is_captums(net: Net, bare: nn.Module, photo: Image) -> None:
    from captum.attr import LayerGradCam

    found = heatmap(net, photo, TARGET, ALONE)
    assert found.layer == "features.12"
    assert found.map.shape == (13, 13)
    layer = bare.features[12]  # type: ignore[union-attr,index]
    number = net.labels.index("ruffed grouse")  # type: ignore[union-attr]
    theirs = LayerGradCam(bare, layer).attribute(net.one(photo), number)[0, 0]
    expected = theirs.detach().numpy()
    assert np.abs(found.map - expected).max() <= 1e-5 * np.abs(expected).max()


def test_the_map_is_on_the_object(net: Net, photo: Image) -> None:
    for kind in ("gradcam", "gradcam++", "hirescam", "layercam", "cam"):
        found = heatmap(net, photo, TARGET, HeatmapOptions(kind=kind, sanity=False))  # type: ignore[arg-type]
        outside = np.ones((227, 227), bool)
        outside[BIRD] = False
        positive = found.large.clip(0)
        assert positive[BIRD].mean() > 5 * positive[outside].mean(), kind
    assert not np.array_equal(found.map, heatmap(net, photo, "class:hen", ALONE).map)


def test_the_bird_beats_a_random_order_at_both_ends(net: Net, photo: Image) -> None:
    found = curves(net, photo, TARGET, heatmap(net, photo, TARGET, ALONE))
    assert found.auc["deletion"] < 0.5 * found.auc["random_deletion"]
    assert found.auc["insertion"] > 2 * found.auc["random_insertion"]
    assert found.note == ""


def test_random_weights_give_another_map(net: Net, photo: Image) -> None:
    found = heatmap(net, photo, TARGET)
    assert found.similarity is not None
    assert abs(found.similarity) < 0.6
