"""Which channels tell most: those whose strongest patches stand far above everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.render.report.condition import Condition

RULE = (
    "Most telling: the mean of the nine strongest minus the mean over the images (over all cells "
    "where images have no labels), divided by the standard deviation; live channels first, no "
    "image more than twice in a strip."
)

ENOUGH_CLASSES = 10


def telling(units: Any, top: Any, found: Sequence[Condition]) -> NDArray[np.float64]:
    """One number a channel (C,); higher tells more. Channels that are not live come last."""
    value = np.asarray(top.value, np.float64)
    strongest = np.nansum(value, axis=1) / np.maximum(np.isfinite(value).sum(axis=1), 1)
    mean, std = _level(units)
    score = np.nan_to_num((strongest - mean) / np.where(std > 0, std, np.inf), posinf=0, neginf=0)
    drawn = (top.image >= 0).any(axis=1)
    behind = np.array([bool(one.badges) for one in found]) * 1e6 + ~drawn * 1e9
    return np.asarray(score - behind, np.float64)


def _level(units: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and spread of a channel's maximum over images, from the class means; else over cells.

    Over cells, a channel that fires seldom would always seem the most telling.
    """
    means = np.asarray(units.class_means, np.float64)
    if means.ndim != 2 or means.shape[1] < ENOUGH_CLASSES:
        return np.asarray(units.mean, np.float64), np.asarray(units.std, np.float64)
    known = np.isfinite(means)
    count = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, means, 0).sum(axis=1) / count
    spread = np.where(known, means - mean[:, None], 0)
    return mean, np.sqrt((spread**2).sum(axis=1) / count)


def order(score: NDArray[Any]) -> NDArray[np.int64]:
    """Channels, the most telling first; ties by number."""
    return np.argsort(-score, kind="stable")


def varied(images: Sequence[int], most: int, each: int = 2) -> list[int]:
    """Places of the first ``most`` entries in which no image comes more than ``each`` times.

    >>> varied([7, 7, 7, 8], 3)
    [0, 1, 3]
    """
    seen: Counter[int] = Counter()
    kept: list[int] = []
    for place, image in enumerate(images):
        if image >= 0 and seen[image] < each:
            seen[image] += 1
            kept.append(place)
        if len(kept) == most:
            break
    return kept
