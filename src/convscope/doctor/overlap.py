"""Whether two lists of strongest images hold the same images, and what chance gives.

The overlap of two sets is that of Jaccard, ``|A and B| / |A or B|``: 1 for the same images in any
order, 0 where none is in both. Of two nines with six images in common it is 0.5.
"""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray


def overlap(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """How far the images of each row agree, (C,).

    Args:
        one: (C, k) numbers of images, -1 where there are fewer.
        other: (C, m) the same.

    Returns:
        0 to 1; 0 where only one of the two rows is empty, NaN where both are.

    >>> overlap(np.array([[1, 2], [3, -1], [-1, -1]]), np.array([[2, 4], [3, -1], [-1, -1]]))
    array([0.33333333, 1.        ,        nan])
    """
    pairs = [(_images(a), _images(b)) for a, b in zip(one, other, strict=True)]
    return np.array([len(a & b) / len(a | b) if a | b else np.nan for a, b in pairs])


def chance_overlap(images: int, k: int) -> float:
    """The overlap to expect of two sets of ``k`` drawn at random of so many images.

    The share in common is hypergeometric: ``P(i) = C(k, i) C(n - k, k - i) / C(n, k)``.

    >>> chance_overlap(9, 9), round(chance_overlap(1000, 9), 4)
    (1.0, 0.0048)
    """
    k = min(k, images)
    ways = (comb(k, i) * comb(images - k, k - i) * i / (2 * k - i) for i in range(1, k + 1))
    return sum(ways) / comb(images, k)


def _images(row: NDArray[Any]) -> set[int]:
    return {int(image) for image in row if image >= 0}
