from __future__ import annotations

import numpy as np
import pytest

from convscope.results.shares import shares, softmax

SCORES = np.random.default_rng(0).standard_normal((4, 5, 3)) * 9


def test_softmax_adds_up_and_a_sigmoid_is_each_by_itself() -> None:
    raised = np.exp(SCORES)
    np.testing.assert_allclose(shares(SCORES, "softmax"), raised / raised.sum(-1, keepdims=True))
    np.testing.assert_allclose(shares(SCORES, "sigmoid"), 1 / (1 + np.exp(-SCORES)))
    np.testing.assert_array_equal(shares(SCORES, "softmax"), softmax(SCORES))


@pytest.mark.parametrize("link", ["softmax", "sigmoid"])
def test_large_scores_do_not_overflow(link: str) -> None:
    found = shares(np.array([1e4, -1e4], np.float32), link)  # type: ignore[arg-type]
    assert found.tolist() == [1.0, 0.0]
    assert found.dtype == np.float64
