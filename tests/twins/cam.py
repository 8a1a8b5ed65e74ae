"""The slow twins of heat maps: each paper's formula in loops, numpy float64, one cell at a time.

``A`` and ``g`` are (k, h, w): a layer's maps and the score's derivative by each of their cells.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def cells(a: Array) -> Any:
    return product(range(a.shape[1]), range(a.shape[2]))


def gradcam(a: Array, g: Array) -> Array:
    """Selvaraju et al. 2017: eq. 1, ``alpha_k = 1/Z sum_ij g_kij``; eq. 2 without its ReLU."""
    found = np.zeros(a.shape[1:])
    for k in range(len(a)):
        alpha = sum(g[k, i, j] for i, j in cells(g)) / (g.shape[1] * g.shape[2])
        for i, j in cells(a):
            found[i, j] += alpha * a[k, i, j]
    return found


def gradcam_plus_plus(a: Array, g: Array) -> Array:
    """Chattopadhay et al. 2018: eq. 19 for alpha, eq. 7 for the weights, no ReLU at the end."""
    found = np.zeros(a.shape[1:])
    for k in range(len(a)):
        whole, weight = sum(a[k, i, j] for i, j in cells(a)), 0.0
        for i, j in cells(g):
            below = 2 * g[k, i, j] ** 2 + whole * g[k, i, j] ** 3
            alpha = g[k, i, j] ** 2 / below if below else 0.0
            weight += alpha * max(g[k, i, j], 0)
        for i, j in cells(a):
            found[i, j] += weight * a[k, i, j]
    return found


def hirescam(a: Array, g: Array) -> Array:
    """Draelos & Carin 2020, sec. 3: gradient times activation, summed over the maps."""
    found = np.zeros(a.shape[1:])
    for k in range(len(a)):
        for i, j in cells(a):
            found[i, j] += g[k, i, j] * a[k, i, j]
    return found


def layercam(a: Array, g: Array) -> Array:
    """Jiang et al. 2021: each location weighed by its own positive gradient."""
    found = np.zeros(a.shape[1:])
    for k in range(len(a)):
        for i, j in cells(a):
            found[i, j] += max(g[k, i, j], 0) * a[k, i, j]
    return found


def cam(a: Array, weights: Array) -> Array:
    """Zhou et al. 2016, eq. 2: ``M(x, y) = sum_k w_k f_k(x, y)``; ``weights`` (k,)."""
    found = np.zeros(a.shape[1:])
    for k in range(len(a)):
        for i, j in cells(a):
            found[i, j] += weights[k] * a[k, i, j]
    return found


def fastai(a: Array, probabilities: Array) -> Array:
    """fast.ai 2018, lesson7-CAM: ``f2 = dot(max(feat, 0), p)``, ``f2 -= min; f2 /= max``."""
    found = np.zeros(a.shape[1:])
    for i, j in cells(a):
        found[i, j] = sum(max(a[k, i, j], 0) * probabilities[k] for k in range(len(a)))
    found -= found.min()
    return found / found.max()


def enlarged(a: Array, size: tuple[int, int]) -> Array:
    """Bilinear between the centers of cells: pixel p lies at ``(p + 1/2) h / H - 1/2``, clipped."""
    found = np.zeros(size)
    for i, j in product(range(size[0]), range(size[1])):
        places = [
            min(max((p + 0.5) * n / large - 0.5, 0), n - 1)
            for p, n, large in ((i, a.shape[0], size[0]), (j, a.shape[1], size[1]))
        ]
        (y, v), (x, u) = ((int(p), p - int(p)) for p in places)
        below, right = min(y + 1, a.shape[0] - 1), min(x + 1, a.shape[1] - 1)
        above = (1 - u) * a[y, x] + u * a[y, right]
        found[i, j] = (1 - v) * above + v * ((1 - u) * a[below, x] + u * a[below, right])
    return found
