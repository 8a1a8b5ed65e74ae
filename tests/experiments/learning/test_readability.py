"""Every measure of one network, against a loop or a planted case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convscope.doctor.spectrum import noise
from convscope.experiments.learning.layer_reading import LayerReading
from convscope.experiments.learning.readability import OF_ONE, readability
from convscope.results.learning import OF_NET
from tests.twins import readability as slow


@pytest.fixture
def layer() -> LayerReading:
    drawn = np.random.default_rng(0)
    maxima = np.maximum(drawn.standard_normal((60, 6)), 0).astype(np.float32)
    maxima[:, 2] = 0
    weights = drawn.standard_normal((6, 3, 5, 5))
    return LayerReading("relu1", maxima, maxima / 2, maxima, 0.3, noise(weights).astype("f4"))


LABELS = np.tile([0, 1, 2], 20)


def test_planted_dead_channels_are_the_share(layer: LayerReading) -> None:
    found = readability(layer, LABELS)
    assert found["dead"] == 1 / 6
    assert found["firing"] == 0.3


def test_purity_and_entropy_are_means_over_channels_that_fire(layer: LayerReading) -> None:
    nines = [one for one in slow.strongest(layer.maxima, 9) if -1 not in one]
    assert len(nines) == 5
    found = readability(layer, LABELS)
    assert found["purity"] == pytest.approx(np.mean([slow.purity(one, LABELS) for one in nines]))
    assert found["entropy"] == pytest.approx(np.mean([slow.entropy(one, LABELS) for one in nines]))


def test_smoothness_is_the_filters_own(layer: LayerReading) -> None:
    assert readability(layer, LABELS)["smoothness"] == pytest.approx(
        1 - np.mean(layer.noise.astype(float))
    )
    pointwise = replace(layer, noise=np.full(6, np.nan, np.float32))
    assert np.isnan(readability(pointwise, LABELS)["smoothness"])


def test_a_layer_that_is_wholly_dead_has_no_nine(layer: LayerReading) -> None:
    silent = replace(layer, maxima=layer.maxima * 0, means=layer.means * 0, firing=0.0)
    found = readability(silent, LABELS)
    assert (found["dead"], found["firing"]) == (1, 0)
    assert found["probe"] == pytest.approx(1 / 3)
    assert np.isnan([found["purity"], found["entropy"]]).all()


def test_every_measure_of_one_network_has_its_place_in_the_result() -> None:
    assert tuple(OF_ONE) == OF_NET
