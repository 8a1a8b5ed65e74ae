"""Whether two trainings found the same: matched on one half of the probe, compared on the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convscope.experiments.learning.agreement import (
    compared,
    partners,
    projections_alike,
    top_overlap,
)
from convscope.experiments.learning.layer_reading import LayerReading
from convscope.experiments.learning.read_probe import read_probe
from convscope.images.read import read
from tests.net.zoo import fill, glass
from tests.twins import readability as slow


def layer(maxima: np.ndarray) -> LayerReading:
    wide = maxima.astype(np.float32)
    return LayerReading("1", wide, wide, wide, 0.5, np.zeros(wide.shape[1], np.float32))


def test_the_same_network_with_its_channels_dealt_anew_agrees_wholly() -> None:
    drawn = np.random.default_rng(0)
    maxima, order = drawn.random((60, 8)), drawn.permutation(8)
    first, second = layer(maxima), layer(maxima[:, order])
    assert order[partners(first, second)].tolist() == list(range(8))
    assert top_overlap(first, second) == 1


def test_it_is_the_mean_jaccard_index_of_the_second_half() -> None:
    drawn = np.random.default_rng(1)
    maxima = drawn.random((60, 5))
    first, second = layer(maxima), layer(maxima + 0.3 * drawn.random((60, 5)))
    nines = [slow.strongest(one.maxima[30:], 9) for one in (first, second)]
    pairs = slow.match(first.maxima[:30], second.maxima[:30])
    sets = [(set(nines[0][i]), set(nines[1][j])) for i, j in enumerate(pairs)]
    expected = np.mean([len(a & b) / len(a | b) for a, b in sets])
    assert top_overlap(first, second) == pytest.approx(expected)


def test_unrelated_networks_do_not_agree_because_they_were_matched() -> None:
    """500 images each half, so that matching has little to find; chance is 9 / 991 a pair."""
    drawn = np.random.default_rng(2)
    found = top_overlap(layer(drawn.random((1000, 30))), layer(drawn.random((1000, 30))))
    assert found < 0.03


def test_dead_channels_are_left_out() -> None:
    maxima = np.random.default_rng(3).random((40, 4))
    silent = maxima.copy()
    silent[:, 1] = 0
    here, there = compared(layer(silent), layer(maxima))
    assert here.tolist() == [0, 2, 3]
    assert there.tolist() == [0, 2, 3]


def test_projections_of_one_network_are_alike_and_of_its_mirror_are_not() -> None:
    from torch import nn

    module = nn.Sequential(
        *(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 5, 3), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2)),
    )
    net = glass(fill(module).float(), (12, 12))
    drawn = np.random.default_rng(4)
    images = [
        read(drawn.random((12, 12, 3)).astype(np.float32), net.preprocessing) for _ in range(40)
    ]
    arrays = np.stack([one.array for one in images])
    found = next(one for one in read_probe(net, arrays, {}).layers if one.name == "1")
    assert projections_alike((net, net), (found, found), (images, images), 3) == pytest.approx(
        1, abs=1e-6
    )
    turned = replace(found, maxima=np.roll(found.maxima, 1, axis=1))  # partners are neighbors
    assert projections_alike((net, net), (found, turned), (images, images), 3) < 0.95
    assert np.isnan(projections_alike((net, net), (found, found), (images, images), 0))
