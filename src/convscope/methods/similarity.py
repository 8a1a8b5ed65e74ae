"""How alike two pictures are: whether the same places stand out, whatever the scale and sign."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import UsageError
from convscope.geometry.box import Box


def similarity(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Spearman's rank correlation of two pictures' absolute values.

    Source: Adebayo et al. 2018, sec. 3.2 (rank correlation of absolute values). With ``r`` the
    ranks of the pixels' largest absolute value over the channels, equal ones sharing their mean
    rank, and both centered: ``sum(r s) / sqrt(sum(r r) sum(s s))``.

    Args:
        one: (h, w) or (c, h, w). Compare where both can differ: two units' pictures agree in all
            the zeros outside their field (see `inside`).
        other: of the same height and width.

    Returns:
        1 for equal pictures, near 0 for unrelated ones; 0 where either is constant, since it says
        nothing of places. Pixels that are not finite in either count in neither.

    Raises:
        UsageError: they are of different sizes.

    >>> one = np.array([[1.0, -3.0], [2.0, 0.0]])
    >>> similarity(one, one), similarity(one, -7 * one), similarity(one, np.ones((2, 2)))
    (1.0, 1.0, 0.0)
    """
    a, b = _strength(one), _strength(other)
    if a.shape != b.shape:
        raise UsageError(
            f"Pictures of {a.shape[0]} by {a.shape[1]} and {b.shape[0]} by {b.shape[1]} cannot be "
            "compared pixel by pixel; resize one of them."
        )
    finite = np.isfinite(a) & np.isfinite(b)
    r, s = (_ranks(values[finite]) for values in (a, b))
    scale = np.sqrt((r @ r) * (s @ s))
    return float(np.clip(r @ s / scale, -1, 1)) if scale > 0 else 0.0


def inside(array: NDArray[Any], frame: tuple[int, int, int, int]) -> NDArray[Any]:
    """The part of a (c, h, w) or (h, w) picture that lies in a frame ``(y0, x0, y1, x1)``.

    >>> inside(np.zeros((3, 8, 8)), (-2, 4, 3, 20)).shape
    (3, 3, 4)
    """
    box = Box(*frame).clip(*array.shape[-2:])
    return array[..., box.y0 : box.y1, box.x0 : box.x1]


def _strength(picture: NDArray[Any]) -> NDArray[np.float64]:
    strength: NDArray[np.float64] = np.abs(np.asarray(picture, np.float64))
    return strength.max(axis=0) if strength.ndim == 3 else strength


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centered ranks; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks - (len(values) + 1) / 2
