"""Whether energy is spread over a layer's filters, inputs and places as chance would spread it.

Weights drawn independently give every filter, every input channel and every place of the kernel
about the same energy. Training does not: some filters grow, some inputs are not read, the middle
of the kernel counts more. It is a test beside singular values (`doctor.rank`) that also sees what a
few large weights hide from them, as in the narrow 1x1 layers of SqueezeNet.

For each of the three axes the statistic is the variance of the mean squares along it; the floor are
the same weights in a random order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SHUFFLES = 24
FEWEST = 8
"""Entries of an axis; the variance of fewer has a tail that deviations do not describe."""
AXES = ("filters", "inputs", "places")


def dispersion(
    weights: NDArray[Any], *, shuffles: int = SHUFFLES, seed: int = 0
) -> NDArray[np.float64]:
    """(3,) how far each of `AXES` is above shuffles of the weights, in standard deviations.

    NaN along an axis of fewer than `FEWEST`, and where weights are not finite.

    >>> grown = np.random.default_rng(0).standard_normal((16, 8, 3, 3))
    >>> grown[:4] *= 3
    >>> int(dispersion(grown).argmax())
    0
    """
    squares = np.square(np.asarray(weights, np.float64))
    squares = squares.reshape(*squares.shape[:2], -1)  # (C, c, places)
    if not np.isfinite(squares).all():
        return np.full(3, np.nan)
    drawn = np.random.default_rng(seed)
    own = _variances(squares)
    floor = np.array(
        [
            _variances(drawn.permutation(squares.reshape(-1)).reshape(squares.shape))
            for _ in range(shuffles)
        ]
    )
    spread = floor.std(axis=0, ddof=1)
    known = (np.array(squares.shape) >= FEWEST) & (spread > 0)
    return np.where(known, (own - floor.mean(axis=0)) / np.where(known, spread, 1), np.nan)


def _variances(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    axes = ((1, 2), (0, 2), (0, 1))
    return np.array([squares.mean(axis=others).var() for others in axes])
