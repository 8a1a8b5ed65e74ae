"""Which unit of one network is which of another: matched by what they do on the same images.

Source: Li et al. 2016, *Convergent learning* (arXiv 1511.07543), sec. 3: units of two networks are
matched one to one so that the sum of the correlations of their activations is largest (bipartite
matching, the Hungarian method). Within one run of training a unit keeps its number, if what it does
changes slowly enough from one checkpoint to the next; between runs the numbers mean nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def correlations(one: NDArray[Any], other: NDArray[Any]) -> Array:
    """Pearson's correlation of every channel with every other, (C, D).

    Args:
        one: (n, C) activations in n cells.
        other: (n, D) those of another network in the same cells.

    Returns:
        NaN for a channel that is the same everywhere.

    >>> steps = np.arange(3.0)[:, None]
    >>> correlations(steps, np.hstack([steps, -2 * steps, 0 * steps])).round(9).tolist()
    [[1.0, -1.0, nan]]
    """
    return np.asarray(np.clip(_standard(one).T @ _standard(other), -1, 1))


def matched(correlation: Array) -> NDArray[np.int64]:
    """For each channel of one network that of the other, one to one, (C,); -1: it is constant.

    Only channels that vary in both are matched, so the table is square, as of two checkpoints.

    >>> matched(np.array([[0.1, 0.9], [0.8, 0.7]])).tolist()
    [1, 0]
    """
    from scipy.optimize import linear_sum_assignment

    live = alive(correlation)
    found = np.full(len(correlation), -1, np.int64)
    if len(live):
        rows, columns = linear_sum_assignment(correlation[np.ix_(live, live)], maximize=True)
        found[live[rows]] = live[columns]
    return found


def alive(correlation: Array) -> NDArray[np.int64]:
    """Channels that vary in both networks: those with a correlation with themselves."""
    return np.flatnonzero(np.isfinite(np.diagonal(correlation)))


def kept(correlation: Array) -> float:
    """Share of the channels that vary in both whose match is the channel of their own number.

    Chance gives one in as many as there are. NaN where none varies in both.

    >>> kept(np.array([[0.9, 0.1], [0.2, 0.7]])), kept(np.array([[0.1, 0.9], [0.8, 0.7]]))
    (1.0, 0.0)
    """
    live = alive(correlation)
    return float(np.mean(matched(correlation)[live] == live)) if len(live) else float("nan")


def _standard(values: NDArray[Any]) -> Array:
    """Centered columns of length 1; NaN where they are constant."""
    centered = np.asarray(values, np.float64) - np.mean(values, axis=0, dtype=np.float64)
    size = np.sqrt(np.square(centered).sum(axis=0))
    # float32 that is the same everywhere may leave rounding of its mean behind
    size[np.ptp(values, axis=0) == 0] = np.nan
    return np.asarray(centered / size)
