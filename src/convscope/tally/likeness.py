"""From sums of products to how like two channels are, and in how many directions a layer moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.tally.plan import Plan
from convscope.tally.state import State

NONE = -1
"""The twin of a channel that has none."""

STILL = 1e-10
"""A channel whose variance is at most this share of its mean square did not vary, as far as sums
in float64 can tell: it is like nothing, and its correlation is NaN."""

FEW = 10
"""A rectified channel active in effectively fewer of the cells has no twin: two channels that fire
in one and the same cell of them all have a correlation of 1, and it means nothing."""


def moments(plan: Plan, state: State, index: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Covariance ``(c, c)`` of a layer's channels over the cells, and which channels ``(c,)`` vary.

    Channels that were NaN or infinite somewhere count as not varying: zeros stand for such cells.
    """
    span, count = plan.span(index), max(1, int(state.crossed[index]))
    mean = state.crossed_total[span] / count
    square = full(state.products[plan.triangle(index)], plan.layers[index].channels) / count
    covariance = square - np.outer(mean, mean)
    moves = np.diagonal(covariance) > STILL * np.diagonal(square)
    return covariance, moves & (state.nonfinite[span] == 0)


def active_cells(plan: Plan, state: State, index: int) -> NDArray[np.float64]:
    """Cells ``(c,)`` in which each channel is effectively active, ``(sum a)^2 / sum a^2``.

    Of channels that can be negative, all cells.
    """
    span, channels = plan.span(index), plan.layers[index].channels
    if plan.layers[index].signed:
        return np.full(channels, float(state.crossed[index]))
    rows = np.arange(channels, 0, -1)  # of the triangle, the diagonal first
    squares = state.products[plan.triangle(index)][np.cumsum(rows) - rows]
    total = state.crossed_total[span] ** 2
    found: NDArray[np.float64] = np.divide(
        total, squares, out=np.zeros(channels), where=squares > 0
    )
    return found


def full(triangle: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """The symmetric matrix whose upper triangle is given row by row.

    >>> full(np.array([1.0, 2.0, 3.0]), 2).tolist()
    [[1.0, 2.0], [2.0, 3.0]]
    """
    found, place = np.empty((channels, channels)), 0
    for row in range(channels):
        size = channels - row
        found[row, row:] = found[row:, row] = triangle[place : place + size]
        place += size
    return found


def correlation(covariance: NDArray[np.float64], moves: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Pearson's correlation ``(c, c)`` of each two channels; NaN where one does not vary.

    >>> correlation(np.array([[4.0, -1.0], [-1.0, 1.0]]), np.array([True, True])).tolist()
    [[1.0, -0.5], [-0.5, 1.0]]
    """
    spread = np.sqrt(np.where(moves, np.diagonal(covariance), np.nan))
    found: NDArray[np.float64] = np.clip(covariance / np.outer(spread, spread), -1, 1)
    np.fill_diagonal(found, np.where(moves, 1.0, np.nan))
    return found


def twins(matrix: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Per channel: the other one it is most like or most unlike, and their correlation.

    Compared as float32, so that what rounding alone tells apart goes to the lower channel.
    """
    likeness = matrix.astype(np.float32)
    size = np.where(np.isnan(likeness), -1, abs(likeness))
    np.fill_diagonal(size, -1)
    if not len(size):
        return np.zeros(0, np.int32), np.zeros(0, np.float32)
    channels, best = np.arange(len(size)), size.argmax(axis=1)
    known = size[channels, best] >= 0
    found = np.where(known, likeness[channels, best], np.float32(np.nan))
    return np.where(known, best, NONE).astype(np.int32), found


def effective_rank(covariance: NDArray[np.float64]) -> float:
    """In how many directions a layer varies, were they all as strong; NaN where it does not.

    Source: Roy & Vetterli 2007, with the eigenvalues of the covariance as the distribution: the
    exponential of their entropy, from 1 to the number of channels.

    >>> effective_rank(np.eye(3))
    3.0
    """
    values = np.maximum(np.linalg.eigvalsh(covariance), 0) if len(covariance) else np.zeros(0)
    if not values.sum() > 0:
        return float("nan")
    share = values[values > 0] / values.sum()
    # the last digits depend on the number of threads; an atlas has the same bytes whatever it is
    return round(float(np.exp(-(share * np.log(share)).sum())), 6)
