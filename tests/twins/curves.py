"""The slow twin of insertion and deletion: one image at a time, the network called bare.

Petsiuk et al. 2018, *RISE*, sec. 4.2.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Array = NDArray[np.float64]


def probability(module: nn.Module, array: Any, number: int) -> tuple[float, float]:
    """Softmax written out, and the score."""
    with torch.no_grad():
        scores = module(torch.from_numpy(array.astype(np.float64))[None])[0].numpy()
    raised = np.exp(scores - scores.max())
    return float(raised[number] / raised.sum()), float(scores[number])


def curve(
    module: nn.Module, start: Any, end: Any, order: Any, steps: int, number: int
) -> tuple[list[float], list[float]]:
    """From one image to another, pixel by pixel in an order: probabilities and scores."""
    width, found = start.shape[2], []
    for step in range(steps + 1):
        here = start.copy()
        for place in order[: round(step * len(order) / steps)]:
            y, x = place // width, place % width
            here[:, y, x] = end[:, y, x]
        found.append(probability(module, here, number))
    return [share for share, _ in found], [score for _, score in found]


def area(shares: list[float]) -> float:
    """Trapezoids over the unit interval."""
    return sum((a + b) / 2 for a, b in pairwise(shares)) / (len(shares) - 1)


def blurred(array: Any, sigma: float) -> Array:
    """Each pixel the mean of all others by a Gaussian of their distance, over what there is."""
    channels, height, width = array.shape
    found = np.zeros(array.shape)
    y, x = np.mgrid[:height, :width]
    for i in range(height):
        for j in range(width):
            weight = np.exp(-((y - i) ** 2 + (x - j) ** 2) / (2 * sigma**2))
            for c in range(channels):
                found[c, i, j] = (weight * array[c]).sum() / weight.sum()
    return found
