"""The walk over the probe, against one plain forward an image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from convscope.doctor.spectrum import noise
from convscope.experiments.learning.read_probe import hidden_layers, read_probe
from convscope.net.net import Net
from tests.net.zoo import fill, glass


@pytest.fixture(scope="module")
def net() -> Net:
    module = nn.Sequential(
        *(nn.Conv2d(3, 6, 5), nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 5, 3, padding=1), nn.ReLU(), nn.Conv2d(5, 4, 1), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(36, 7), nn.ReLU(), nn.Dropout()),
        nn.Linear(7, 3),
    )
    filled = fill(module)
    torch.manual_seed(0)
    with torch.no_grad():
        scores = filled(torch.randn(64, 3, 14, 17, dtype=torch.float64))
        filled[-1].bias.sub_(scores.mean(0))  # type: ignore[index,operator,union-attr]
    return glass(filled, (14, 17))


@pytest.fixture(scope="module")
def arrays() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((37, 3, 14, 17)).astype(np.float32)


def test_hidden_layers_are_those_between_image_and_scores(net: Net) -> None:
    assert [one.name for one in hidden_layers(net)] == ["2", "5", "7", "11"]


def test_every_number_is_that_of_one_image_at_a_time(net: Net, arrays: np.ndarray) -> None:
    found = read_probe(net, arrays, {"steps": 3})
    assert found.facts == {"steps": 3}
    parts = list(net.module)
    for one in found.layers:
        upto = nn.Sequential(*parts[: int(one.name) + 1]).eval()
        firing = []
        for image, array in enumerate(arrays):
            with torch.no_grad():
                maps = upto(torch.from_numpy(array[None]).double())[0].numpy()
            maps = maps.reshape(len(maps), *(maps.shape[1:] or (1, 1)))
            firing.append((maps > 0).mean())
            assert np.allclose(one.maxima[image], maps.max((1, 2)), rtol=1e-6, atol=1e-9)
            assert np.allclose(one.means[image], maps.mean((1, 2)), rtol=1e-5, atol=1e-7)
            assert np.allclose(one.blocks[image], blocks(maps), rtol=1e-5, atol=1e-7)
        assert one.firing == pytest.approx(np.mean(firing), abs=1e-9)
    with torch.no_grad():
        answers = [int(net.module(torch.from_numpy(a[None]).double()).argmax()) for a in arrays]
    assert found.answers.tolist() == answers
    assert len(set(answers)) > 1


def blocks(maps: np.ndarray) -> list[float]:
    """Means over at most 4 x 4 blocks, whose edges are ``floor(i h / 4)`` and ``ceil``."""
    made = []
    for one in maps:
        high, wide = min(4, one.shape[0]), min(4, one.shape[1])
        for i in range(high):
            for j in range(wide):
                rows = slice(i * one.shape[0] // high, -(-(i + 1) * one.shape[0] // high))
                columns = slice(j * one.shape[1] // wide, -(-(j + 1) * one.shape[1] // wide))
                made.append(one[rows, columns].mean())
    return made


def test_noise_is_of_the_filters_the_channels_come_from(net: Net, arrays: np.ndarray) -> None:
    found = {one.name: one.noise for one in read_probe(net, arrays[:4], {}).layers}
    modules = list(net.module)
    for name, place in (("2", 0), ("5", 4)):
        weights = modules[place].weight.detach().numpy()
        assert np.allclose(found[name], noise(weights), atol=1e-6)
    assert np.isnan(found["7"]).all()  # 1x1
    assert np.isnan(found["11"]).all()  # no space
    assert found["11"].shape == (7,)
