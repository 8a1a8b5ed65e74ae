"""How alike two networks' layers see a set of images, whatever their axes are.

Source: Kornblith et al. 2019, *Similarity of Neural Network Representations Revisited* (arXiv
1905.00414), linear CKA: ``HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L))`` with ``K = X X^T``. Their
estimate of HSIC is biased: with more features than images even unrelated layers seem alike. Here
HSIC is the unbiased estimate of Song et al. 2012, *Feature Selection via Dependence Maximization*,
eq. 5, as in Nguyen et al. 2021 (arXiv 2010.15327): unrelated layers have 0 on average, and single
numbers may be a little below it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST = 4
"""Images that the unbiased estimate needs."""


def cka(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Linear CKA of two networks' features of the same images, by the unbiased estimate.

    1 where one is the other, rotated, mirrored, moved or scaled; about 0 where they are unrelated.

    Args:
        first: (n, p) features of n images, four or more.
        second: (n, q) of the same images.

    Returns:
        At most 1; not a number where either has the same features for all images.

    >>> features = np.random.default_rng(0).standard_normal((9, 4))
    >>> round(cka(features, 3 * features[:, ::-1] - 1), 12)
    1.0
    """
    return gram_cka(gram(first), gram(second))


def gram(features: NDArray[Any]) -> Floats:
    """Inner products (n, n) of images' features, each feature's mean taken away first.

    The unbiased estimate does not need that; it keeps large means from costing digits.
    """
    wide = np.asarray(features, np.float64).reshape(len(features), -1)
    centered = wide - wide.mean(axis=0)
    found: Floats = centered @ centered.T
    return found


def gram_cka(first: Floats, second: Floats) -> float:
    """Linear CKA from two `gram` matrices."""
    own = hsic(first, first) * hsic(second, second)
    return hsic(first, second) / float(np.sqrt(own)) if own > 0 else float("nan")


def hsic(first: Floats, second: Floats) -> float:
    """The unbiased estimate of the Hilbert-Schmidt independence criterion.

    ``(tr(K' L') + sum K' sum L' / ((n-1)(n-2)) - 2 / (n-2) 1^T K' L' 1) / (n (n-3))``, where a dash
    sets the diagonal to zero.

    >>> round(hsic(np.eye(5), np.ones((5, 5))), 12)
    0.0
    """
    n = len(first)
    a, b = (one - np.diag(np.diag(one)) for one in (first, second))
    rows = a.sum(axis=0), b.sum(axis=0)
    whole = rows[0].sum() * rows[1].sum() / ((n - 1) * (n - 2))
    crossed = 2 / (n - 2) * float(rows[0] @ rows[1])
    return float((np.sum(a * b) + whole - crossed) / (n * (n - 3)))
