"""In which order pixels go: by a map, or at random with the map's own grain; and what fills them.

A map of 13 x 13 cells takes away whole regions. Single pixels taken at random leave noise, which
ruins any network at once and makes every map look good at insertion and bad at deletion. So the
control is a random map of as many cells, enlarged in the same way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import DataError, UsageError
from convscope.methods.enlarge import enlarged

Order = NDArray[np.int64]
BLUR = 0.05
"""Standard deviation of the blur, as a share of the image's longer side."""


def pixels_of(result: Any) -> NDArray[np.float64]:
    """The values (H, W) that order the pixels: a heat map's, signed, or an attribution's size.

    Raises:
        DataError: they are not finite.
        UsageError: the result has none.
    """
    found = getattr(result, "large", None)
    found = getattr(result, "saliency", None) if found is None else found
    if found is None:
        raise UsageError(
            f"A {type(result).__name__} orders no pixels. Give a heat map or an attribution: what "
            "has .large or .saliency, (H, W)."
        )
    values = np.asarray(found, np.float64)
    if not np.isfinite(values).all():
        raise DataError("The map is not finite, so its pixels have no order. Draw it again.")
    return values


def grain_of(result: Any, size: tuple[int, int]) -> tuple[int, int]:
    """How many cells the map has, (h, w): its own, or one a pixel."""
    cells = getattr(result, "map", None)
    return size if cells is None else (int(cells.shape[0]), int(cells.shape[1]))


def order_of(values: NDArray[Any], drawn: np.random.Generator) -> Order:
    """Flat places of the pixels (H, W), the largest value first; ties in a random order.

    >>> order_of(np.array([[1.0, 3.0], [2.0, -9.0]]), np.random.default_rng(0)).tolist()
    [1, 2, 0, 3]
    """
    flat = values.reshape(-1)
    return np.lexsort((drawn.random(len(flat)), -flat))


def random_order(
    size: tuple[int, int], grain: tuple[int, int], drawn: np.random.Generator
) -> Order:
    """Pixels of (H, W) in the order of a random map with ``grain`` cells."""
    return order_of(enlarged(drawn.standard_normal(grain), size), drawn)


def blurred(array: NDArray[Any]) -> NDArray[np.float32]:
    """An input (c, H, W) blurred until its structure is gone; at borders over what there is.

    Source: Petsiuk et al. 2018, *RISE*, sec. 4.2: the blurred image as the start of insertion, so
    that no edge of a fill is taken for evidence.
    """
    sigma = BLUR * max(array.shape[1:])
    rows, columns = (_gauss(length, sigma) for length in array.shape[1:])
    mixed: NDArray[np.float64] = rows @ array.astype(np.float64) @ columns.T
    return mixed.astype(np.float32)


def _gauss(length: int, sigma: float) -> NDArray[np.float64]:
    """Weights (length, length) of a blur along one axis; each row sums to 1."""
    place = np.arange(length)
    weights = np.exp(-((place[:, None] - place) ** 2) / (2 * sigma**2))
    found: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return found
