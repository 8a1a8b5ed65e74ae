"""Linear CKA with the unbiased estimate."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.experiments.learning.cka import cka, gram, hsic
from tests.twins import readability as slow


def test_identical_features_have_one() -> None:
    features = np.random.default_rng(0).standard_normal((30, 7))
    assert cka(features, features) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("p", [3, 40])
def test_rotation_scale_and_shift_change_nothing(p: int) -> None:
    drawn = np.random.default_rng(p)
    first, second = drawn.standard_normal((2, 20, p))
    turn, _ = np.linalg.qr(drawn.standard_normal((p, p)))
    own = cka(first, second)
    assert cka(first @ turn, second) == pytest.approx(own, abs=1e-12)
    assert cka(-5 * first + 100, second) == pytest.approx(own, abs=1e-10)
    assert cka(first @ turn, first) == pytest.approx(1, abs=1e-12)


def test_it_is_no_invariant_of_every_linear_map() -> None:
    """Stretching an axis changes it, as it should: Kornblith et al., sec. 2."""
    features = np.random.default_rng(4).standard_normal((40, 5))
    assert cka(features * [9, 1, 1, 1, 1], features) < 0.9


def test_the_estimate_is_the_mean_over_all_quadruples() -> None:
    drawn = np.random.default_rng(5)
    first, second = drawn.standard_normal((8, 3)), drawn.standard_normal((8, 20))
    assert hsic(first @ first.T, second @ second.T) == pytest.approx(
        slow.hsic(first @ first.T, second @ second.T), rel=1e-10
    )
    assert cka(first, second) == pytest.approx(slow.cka(first, second), rel=1e-9)


def test_unrelated_wide_layers_are_unrelated() -> None:
    """The biased estimate gives 0.8 and more to features as many as these."""
    drawn = np.random.default_rng(6)
    found = [cka(*drawn.standard_normal((2, 30, 300))) for _ in range(20)]
    assert abs(np.mean(found)) < 0.05
    first, second = (gram(one) for one in drawn.standard_normal((2, 30, 300)))
    assert np.sum(first * second) / np.sqrt(np.sum(first**2) * np.sum(second**2)) > 0.8


def test_a_layer_that_never_changes_is_like_nothing() -> None:
    features = np.random.default_rng(7).standard_normal((9, 3))
    assert np.isnan(cka(np.zeros((9, 3)), features))
    assert np.isnan(cka(np.full((9, 3), 7.0), features))
