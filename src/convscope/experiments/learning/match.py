"""Which channel of one network takes the part of which of another, trained from another start."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.doctor.matching import correlations
from convscope.experiments.learning.strongest import Ints


def match(first: NDArray[Any], second: NDArray[Any]) -> Ints:
    """For each channel of one network one of another, so that correlations add up to the most.

    Of two trainings from different starts, channel 7 here has nothing to do with channel 7 there.
    Unlike checkpoints of one run (`doctor.matching`), a channel that is silent in one network says
    nothing of the channel of its number in the other.

    Source: Li et al. 2016, *Convergent learning* (arXiv 1511.07543), sec. 3; solved by scipy's
    ``linear_sum_assignment``.

    Args:
        first: (n, C) a number of each channel on each image.
        second: (n, D) of the other network, on the same images.

    Returns:
        (C,) channels of the second network, each at most once; -1 for a channel that is the same
        on all images, or where the other network has none left.

    >>> values = np.array([[1.0, 0.0, 4.0], [2.0, 5.0, 4.0], [3.0, 1.0, 4.0]])
    >>> match(values, values[:, ::-1]).tolist()
    [2, 1, -1]
    """
    from scipy.optimize import linear_sum_assignment

    alike = correlations(first, second)
    rows, columns = (np.flatnonzero(np.isfinite(alike).any(axis=axis)) for axis in (1, 0))
    found = np.full(first.shape[1], -1, np.int64)
    here, there = linear_sum_assignment(alike[np.ix_(rows, columns)], maximize=True)
    found[rows[here]] = columns[there]
    return found
