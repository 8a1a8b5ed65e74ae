"""What class scores are as probabilities."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Link = Literal["softmax", "sigmoid"]
"""One class of all, or each class by itself."""


def shares(scores: NDArray[Any], link: Link) -> NDArray[np.float64]:
    """Probabilities of scores (..., K): softmax along the last axis, or the sigmoid of each.

    >>> shares(np.zeros(2), "softmax").tolist(), shares(np.zeros(1), "sigmoid").tolist()
    ([0.5, 0.5], [0.5])
    """
    return softmax(scores) if link == "softmax" else _sigmoid(scores.astype(np.float64))


def softmax(scores: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities along the last axis, in float64.

    >>> softmax(np.array([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    raised = np.exp(scores.astype(np.float64) - scores.max(-1, keepdims=True, initial=-np.inf))
    return np.asarray(raised / raised.sum(-1, keepdims=True))


def _sigmoid(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    small = np.exp(-np.abs(scores))  # no overflow on either side
    return np.asarray(np.where(scores >= 0, 1.0, small) / (1 + small))
