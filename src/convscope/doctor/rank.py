"""Singular values of a layer's weights beside those of the same weights in a random order.

The weights (C, c, kh, kw) are a matrix of C rows, one a filter, from which the mean of all of them
is taken (a common level has no pattern, and would be the largest singular value of both). Drawn
independently, they have no singular value much beyond ``std (sqrt(rows) + sqrt(columns))``
(Marchenko & Pastur 1967), and in another order they are as they were. Training writes patterns that
many weights share: singular values far above those of any shuffle (Martin & Mahoney 2021,
"Implicit self-regularization in deep neural networks", the "bulk plus spikes"). So the shuffles are
the floor that a trained layer stands above, and one at its initialization does not.

Right for all shapes: a 1x1 convolution and a linear layer are the matrix they are. Of a layer in
groups (depthwise) the filters are stacked though they read different inputs: what is measured is
whether they share shapes, not the rank of the map.

Effective rank: ``exp(-sum p log p)`` with ``p`` the singular values over their sum (Roy & Vetterli
2007); stable rank: the sum of their squares over the largest square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NAN = float("nan")
SHUFFLES = 16
MOST = (512, 8192)
"""Shorter and longer side beyond which a seeded sample of filters and inputs stands for all.

512 by 4,608 is the largest convolution of VGG; its 17 spectra take some seconds on one core."""


@dataclass(frozen=True)
class WeightRank:
    """What is above chance in one layer's weights. NaN where they are all alike or not finite."""

    rows: int
    columns: int
    """Of the matrix that was measured."""
    sampled: bool
    """Whether that is a sample of a larger one."""
    largest: float
    """The largest singular value."""
    floor: Array
    """(k,) that of each shuffled copy."""
    effective: float
    """Effective rank."""
    floor_effective: Array
    """(k,) the shuffled copies'."""
    stable: float
    """Stable rank."""
    beyond: float
    """Share of the squared singular values that are above every shuffled copy's largest."""
    spikes: int = 0
    """How many are."""

    @property
    def z(self) -> float:
        """How far the largest is above the shuffled copies', in their standard deviations.

        These are close to each other in large layers, so that it counts how sure it is that there
        is a pattern; `ratio` says how strong it is.
        """
        return _z(self.largest - float(self.floor.mean()), self.floor)

    @property
    def ratio(self) -> float:
        """The largest over the mean of the shuffled copies': about 1 at initialization."""
        return self.largest / float(self.floor.mean())

    @property
    def effective_ratio(self) -> float:
        """Effective rank over the shuffled copies': about 1 at initialization, below it trained."""
        return self.effective / float(self.floor_effective.mean())

    @property
    def effective_z(self) -> float:
        """How far the effective rank is below the shuffled copies', in standard deviations.

        Sees small 1x1 layers that have no single strong pattern but too many weak directions.
        """
        return _z(float(self.floor_effective.mean()) - self.effective, self.floor_effective)


def weight_rank(
    weights: NDArray[Any], *, shuffles: int = SHUFFLES, seed: int = 0, most: tuple[int, int] = MOST
) -> WeightRank:
    """Measure the singular values of a layer's weights against shuffles of them.

    Args:
        weights: (C, c, kh, kw) of a convolution, or (C, n) of a linear layer.
        shuffles: copies in a random order.
        seed: of their orders, and of the sample.
        most: shorter and longer side of the matrix that is measured whole.

    >>> pattern = np.outer(np.arange(8.0), np.arange(8.0) - 3)
    >>> noise = np.random.default_rng(1).standard_normal((8, 8))
    >>> weight_rank(pattern).ratio > 1.4 > weight_rank(noise).ratio
    True
    """
    drawn = np.random.default_rng(seed)
    whole = np.asarray(weights).reshape(len(weights), -1)
    matrix = _sampled(whole, most, drawn).astype(np.float64)
    sampled = matrix.shape != whole.shape
    if not np.isfinite(matrix).all() or np.ptp(matrix) == 0:
        none = np.full(shuffles, NAN)
        return WeightRank(len(matrix), matrix.shape[1], sampled, NAN, none, NAN, none, NAN, NAN)
    matrix -= matrix.mean()
    own = singular_values(matrix)
    copies = [singular_values(_shuffled(matrix, drawn)) for _ in range(shuffles)]
    floor = np.array([copy[0] for copy in copies])
    above = own > floor.max()
    return WeightRank(
        rows=matrix.shape[0],
        columns=matrix.shape[1],
        sampled=sampled,
        largest=float(own[0]),
        floor=floor,
        effective=effective_rank(own),
        floor_effective=np.array([effective_rank(copy) for copy in copies]),
        stable=float(np.square(own).sum() / np.square(own[0])),
        beyond=float(np.square(own[above]).sum() / np.square(own).sum()),
        spikes=int(above.sum()),
    )


def singular_values(matrix: Array) -> Array:
    """All of them, largest first, by the smaller of the two Gram matrices.

    Small ones are exact to about 1e-8 of the largest, which no measure here can see.

    >>> singular_values(np.array([[3.0, 0.0, 0.0], [0.0, 4.0, 0.0]])).round(9).tolist()
    [4.0, 3.0]
    """
    tall = matrix.shape[0] > matrix.shape[1]
    gram = matrix.T @ matrix if tall else matrix @ matrix.T
    return np.asarray(np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[::-1], 0)))


def effective_rank(values: Array) -> float:
    """Exponential of the entropy of singular values over their sum.

    >>> round(effective_rank(np.array([1.0, 1.0, 1.0, 0.0])), 9)
    3.0
    """
    share = values[values > 0] / values.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


def _z(apart: float, floor: Array) -> float:
    spread = float(floor.std(ddof=1))
    return apart / spread if spread > 0 else NAN


def _shuffled(matrix: Array, drawn: np.random.Generator) -> Array:
    return drawn.permutation(matrix.reshape(-1)).reshape(matrix.shape)


def _sampled(
    matrix: NDArray[Any], most: tuple[int, int], drawn: np.random.Generator
) -> NDArray[Any]:
    """At most so many rows and columns of it, in their order."""
    limits = most if matrix.shape[0] <= matrix.shape[1] else most[::-1]
    for axis, limit in enumerate(limits):
        if matrix.shape[axis] > limit:
            chosen = np.sort(drawn.choice(matrix.shape[axis], limit, replace=False))
            matrix = np.take(matrix, chosen, axis)
    return matrix
