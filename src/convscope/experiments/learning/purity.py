"""How much of one class a channel's strongest images are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.experiments.learning.strongest import Ints, has_all

Floats = NDArray[np.float64]


def purity(top: Ints, labels: Ints) -> Floats:
    """The share of the most frequent class among each channel's strongest images.

    One where all nine are of one class. A random channel has more than one in so many classes:
    a maximum over classes is taken, so only floors say how much is much.

    Args:
        top: (C, k) numbers of images, -1 for none, as of `strongest`.
        labels: (n,) the class of each image.

    Returns:
        (C,) from 1 / k to 1; not a number where a channel has fewer than k images.

    >>> purity(np.array([[0, 1, 2, 3], [0, 1, 4, -1]]), np.array([5, 5, 5, 8, 8])).tolist()
    [0.75, nan]
    """
    shares = class_shares(top, labels)
    return np.where(has_all(top), shares.max(axis=1), np.nan)


def entropy(top: Ints, labels: Ints) -> Floats:
    """How mixed the classes of each channel's strongest images are, in bits.

    ``-sum_c p_c log2 p_c`` over the classes among them: 0 where all are of one class.

    >>> entropy(np.array([[0, 1, 2, 3]]), np.array([5, 5, 8, 8])).tolist()
    [1.0]
    """
    shares = class_shares(top, labels)
    logs = np.log2(np.where(shares > 0, shares, 1.0))
    return np.where(has_all(top), -(shares * logs).sum(axis=1) + 0.0, np.nan)


def class_shares(top: Ints, labels: Ints) -> Floats:
    """The share of each class among each channel's strongest images, (C, classes).

    >>> class_shares(np.array([[0, 1]]), np.array([0, 2])).tolist()
    [[0.5, 0.0, 0.5]]
    """
    classes = np.arange(labels.max(initial=0) + 1)
    of = np.where(top >= 0, labels[top], -1)  # (C, k)
    shares: Floats = (of[:, :, None] == classes).mean(axis=1)
    return shares
