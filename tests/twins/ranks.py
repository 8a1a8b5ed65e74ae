"""The list behind ranks, written plainly: every activation at once, loops, float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Entry(NamedTuple):
    """One image in the list."""

    value: float
    image: int
    cell: tuple[int, int]


def ranked(
    maps: Sequence[np.ndarray],
    terms: Sequence[tuple[int, float]],
    cell: tuple[int, int] | None,
) -> list[Entry]:
    """All images, strongest first; equal ones by number, equal cells by y and then x."""
    found = []
    for image, planes in enumerate(maps):
        cells = [cell] if cell is not None else list(np.ndindex(*planes.shape[1:]))
        values = {at: sum(weight * float(planes[(c, *at)]) for c, weight in terms) for at in cells}
        best = min(values, key=lambda at: (-values[at], at))
        silent = len(values) > 1 and len(set(values.values())) == 1
        found.append(Entry(values[best], image, (-1, -1) if silent else best))
    return sorted(found, key=lambda entry: (-entry.value, entry.image))
