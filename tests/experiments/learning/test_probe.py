"""The linear probe: what it can read, and chance where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from convscope.experiments.learning.probe import class_accuracy, probe


def test_shuffled_labels_give_chance_within_the_binomial_interval() -> None:
    """400 tested images a draw, ten draws: 4,000 answers of chance 1 / 4."""
    drawn = np.random.default_rng(0)
    right = 0
    for _ in range(10):
        features = drawn.standard_normal((800, 12))
        labels = drawn.permutation(np.repeat(np.arange(4), 200))
        labels[400:] = drawn.permutation(np.repeat(np.arange(4), 100))
        right += round(400 * probe(features, labels, 400))
    low, high = binom.interval(0.99, 4000, 0.25)
    assert low <= right <= high


def test_classes_that_a_plane_parts_are_read() -> None:
    drawn = np.random.default_rng(1)
    labels = np.tile([0, 1, 2], 60)
    centers = drawn.standard_normal((3, 5)) * 6
    features = centers[labels] + drawn.standard_normal((180, 5))
    assert probe(features, labels, 90) > 0.97


def test_a_dead_layer_has_chance() -> None:
    labels = np.tile([0, 1, 2, 3], 30)
    assert probe(np.zeros((120, 6)), labels, 60) == 0.25


def test_scale_and_shift_of_a_feature_change_nothing() -> None:
    """Standardized, on the images it is fitted on."""
    drawn = np.random.default_rng(2)
    labels = np.tile([0, 1], 60)
    features = drawn.standard_normal((120, 4)) + labels[:, None]
    other = features * [1e-4, 1, 30, 1e4] + [5, -7, 0, 1e5]
    assert probe(features, labels, 60) == probe(other, labels, 60)


def test_the_images_tested_do_not_standardize() -> None:
    """What is added to a tested image changes the answer to that image alone."""
    drawn = np.random.default_rng(3)
    labels = np.tile([0, 1], 60)
    features = drawn.standard_normal((120, 4)) + 3 * labels[:, None]
    assert probe(features, labels, 60) > 0.95
    other = features.copy()
    other[60] = 1e9 * (1 - 2 * labels[60])  # far on the wrong side
    assert abs(probe(features, labels, 60) - probe(other, labels, 60)) == pytest.approx(1 / 60)


def test_accuracy_is_the_mean_over_classes() -> None:
    labels = np.array([0] * 8 + [1] * 2)
    assert class_accuracy(np.zeros(10, int), labels) == 0.5
    slow = np.mean([np.mean([a == 0 for a in labels[labels == one] * 0]) * (one == 0)
                    for one in (0, 1)])  # fmt: skip
    assert slow == 0.5
