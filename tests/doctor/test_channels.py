"""Planted channels are found, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from convscope.atlas.make import build_atlas
from convscope.atlas.read import Atlas
from convscope.doctor.channels import KINDS, MEASURES, Channels, channels
from convscope.doctor.gains import gains
from convscope.doctor.patterns import filters_by_layer
from convscope.net.net import Net
from convscope.preprocess import Preprocessing

IMAGES, RARE = 500, 137
"""How many images, and the one that the rare channel fires on."""


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise, and one image that is all white."""
    folder, drawn = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for i in range(IMAGES):
        pixels = drawn.integers(0, 200, (8, 8, 3), dtype=np.uint8)
        pixels = np.full_like(pixels, 255) if i == RARE else pixels
        Image.fromarray(pixels).save(folder / f"{i:03d}.png")
    return folder


def network() -> Net:
    torch.manual_seed(0)
    convs = nn.Conv2d(3, 12, 3), nn.Conv2d(12, 6, 1), nn.Conv2d(6, 2, 1)
    with torch.no_grad():
        convs[1].weight[2] *= -1  # else never above 0, which is dead before ReLU6 too
    parts = [convs[0], nn.BatchNorm2d(12), nn.ReLU(), convs[1], nn.ReLU6(), convs[2]]
    body = nn.Sequential(*parts)
    return Net(body.eval(), Preprocessing((8, 8), None))


def examined(net: Net, photos: Path, folder: Path) -> tuple[Channels, Atlas]:
    atlas = build_atlas(net, photos, folder / "atlas")
    return channels(atlas, filters_by_layer(net, atlas.layers, effective=True), gains(net)), atlas


def of(found: Channels, atlas: Atlas, kind: str) -> Mapping[str, list[int]]:
    places = np.cumsum([0, *(layer.channels for layer in atlas.layers)])
    return {
        layer.name: np.flatnonzero(found.kinds[kind][a:b]).tolist()
        for layer, a, b in zip(atlas.layers, places, places[1:], strict=False)
    }


def planted() -> Net:
    net = network()
    conv, norm = net.module[0], net.module[1]
    with torch.no_grad():
        conv.bias[[1, 4]] = -1e6  # dead
        conv.weight[2] = 1 / 27  # rare: its mean is above .9 in one image alone
        conv.bias[2] = -0.95
        conv.weight[6] = 2 * conv.weight[5]  # the same but for size
        conv.bias[6] = 2 * conv.bias[5]
        conv.weight[11], conv.bias[11] = conv.weight[0], conv.bias[0] + 1.5  # two thresholds
        conv.weight[8] *= 12  # dominant
        norm.weight[9], norm.bias[9] = 1e-4, 0.3  # collapsed, and so on everywhere
        conv.weight[10], conv.bias[10] = 0, 0.7  # constant
        net.module[3].bias[3] = 40  # at the bound of ReLU6
    return net


def test_what_was_planted_is_found_and_nothing_else(photos: Path, tmp_path: Path) -> None:
    clean, atlas = examined(network(), photos, tmp_path / "clean")
    first, last, end = (layer.name for layer in atlas.layers)
    assert not any(clean.kinds["dead"])
    found, atlas = examined(planted(), photos, tmp_path / "planted")
    assert of(found, atlas, "dead") == {first: [1, 4], last: [], end: []}
    assert of(found, atlas, "rare")[first] == [2]
    assert of(found, atlas, "duplicate")[first] == [5, 6]
    assert of(found, atlas, "dominant")[first] == [8]
    assert of(found, atlas, "collapsed") == {first: [9], last: [], end: []}
    assert of(found, atlas, "constant")[first] == [10]
    assert of(found, atlas, "saturated") == {first: [], last: [3], end: []}
    assert 9 in of(found, atlas, "always on")[first]


def test_the_rare_channel_fires_on_its_image_and_is_not_dead(photos: Path, tmp_path: Path) -> None:
    found, atlas = examined(planted(), photos, tmp_path)
    assert found.measures["fired_images"][2] == 1 / IMAGES
    assert not found.kinds["dead"][2]
    assert atlas.image(int(atlas.top(atlas.layers[0]).image[2, 0])).uri == f"{RARE}.png"


def test_twins_are_named(photos: Path, tmp_path: Path) -> None:
    found, _ = examined(planted(), photos, tmp_path)
    assert found.measures["cosine"][[5, 6]] == pytest.approx([1, 1], abs=1e-6)
    assert found.measures["dominance"][8] > 3


def test_every_measure_and_kind_has_a_value_for_each_unit(photos: Path, tmp_path: Path) -> None:
    found, atlas = examined(network(), photos, tmp_path)
    count = sum(layer.channels for layer in atlas.layers)
    assert tuple(found.kinds) == KINDS
    assert tuple(found.measures) == MEASURES
    assert {len(values) for values in (*found.kinds.values(), *found.measures.values())} == {count}


def test_the_gain_is_that_of_the_norm_a_layer_passes() -> None:
    net = planted()
    found = gains(net)
    layer = net.tape().layer("2").number
    assert list(found) == [layer]
    assert found[layer] == pytest.approx(net.module[1].weight.detach().double().numpy())
