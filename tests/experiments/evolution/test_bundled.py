"""What Fig. 4 of the paper states, on the bundled network and all its images."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.experiments.evolution.evolve import evolve
from convscope.experiments.evolution.options import EvolveOptions
from convscope.results.evolution import Evolution

MOMENTS = ("bundled:photos-start", "bundled:photos-early", "bundled:photos")


@pytest.fixture(scope="module")
def found() -> Evolution:
    some = EvolveOptions(layers=("relu1", "relu3", "relu5"), seed=1)
    return evolve(MOMENTS, "bundled:photos", some, loading={"device": "cpu"})


def test_the_first_layer_settles_before_the_last(found: Evolution) -> None:
    """By the projections, by the nine strongest images, and by the activations, at epoch 12."""
    assert found.settled().tolist() == [1, -1, -1]
    first, _, last = found.similarity_last[:, 1]
    assert first > 2 * last
    first, _, last = found.overlap_last[:, 1]
    assert first > 2 * last
    assert found.correlation_last[0, 1] > found.correlation_last[2, 1]


def test_what_remains_of_the_untrained_network_is_chance(found: Evolution) -> None:
    assert (np.abs(found.similarity_last[:, 0]) < 0.1).all()
    assert (found.overlap_last[:, 0] < 0.15).all()
    assert (found.kept[:, 0] < 0.15).all()


def test_within_the_run_most_units_keep_their_number(found: Evolution) -> None:
    """Trap 27: far above chance from epoch 12 on, and not from the untrained network."""
    assert (found.kept[:, 1] > 10 / found.compared[:, 1]).all()
    assert (found.kept[1:, 1] > 0.5).all()
    assert (found.kept[:, 1] > found.kept[:, 0] + 0.2).all()


def test_other_units_of_the_layer_are_less_alike_than_a_unit_and_its_past(found: Evolution) -> None:
    assert (found.other_similarity < found.similarity_last[:, 1]).all()
    assert (found.other_overlap < found.overlap_last[:, 1]).all()
    assert (found.other_correlation < found.correlation_last[:, 1]).all()
    assert found.chance < found.other_overlap.min()
