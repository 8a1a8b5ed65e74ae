"""Measures of readability again, in plain loops."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from math import log2, sqrt
from typing import Any

import numpy as np


def strongest(maxima: Any, count: int) -> list[list[int]]:
    """Images of each channel by value, ties by number; -1 where nothing is above zero."""
    found = []
    for channel in range(maxima.shape[1]):
        rows = sorted((-float(value), image) for image, value in enumerate(maxima[:, channel]))
        images = [image for value, image in rows if value < 0][:count]
        found.append(images + [-1] * (count - len(images)))
    return found


def purity(images: list[int], labels: Any) -> float:
    counts = Counter(int(labels[image]) for image in images)
    return max(counts.values()) / len(images)


def entropy(images: list[int], labels: Any) -> float:
    counts = Counter(int(labels[image]) for image in images)
    shares = [count / len(images) for count in counts.values()]
    return -sum(share * log2(share) for share in shares)


def correlation(a: Any, b: Any) -> float:
    a, b = [float(v) for v in a], [float(v) for v in b]
    means = sum(a) / len(a), sum(b) / len(b)
    dot = sum((x - means[0]) * (y - means[1]) for x, y in zip(a, b, strict=True))
    sizes = sum((x - means[0]) ** 2 for x in a), sum((y - means[1]) ** 2 for y in b)
    return dot / sqrt(sizes[0] * sizes[1])


def match(first: Any, second: Any) -> tuple[int, ...]:
    """The best of all permutations."""
    count = first.shape[1]

    def worth(order: tuple[int, ...]) -> float:
        return sum(correlation(first[:, i], second[:, j]) for i, j in enumerate(order))

    return max(permutations(range(count)), key=worth)


def hsic(k: Any, ell: Any) -> float:
    """Song et al. 2012, as the mean over all ordered quadruples of different images.

    The U-statistic whose closed form is their eq. 5:
    ``h(i,j,q,r) = (1/4!) sum over orders of (k_ij l_ij + k_ij l_qr - 2 k_ij l_iq)``.
    """
    n, total, quads = len(k), 0.0, 0
    for i, j, q, r in permutations(range(n), 4):
        total += k[i, j] * ell[i, j] + k[i, j] * ell[q, r] - 2 * k[i, j] * ell[i, q]
        quads += 1
    return total / quads


def cka(first: Any, second: Any) -> float:
    k, ell = (np.array([[float(a @ b) for b in one] for a in one]) for one in (first, second))
    return hsic(k, ell) / sqrt(hsic(k, k) * hsic(ell, ell))
