"""What an atlas knows of a layer, and one image's values in the same bins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.methods.blank import Seen
from convscope.net.parts import parts
from convscope.net.tape import Tape
from convscope.results.layer import Layer


def seen_of(tape: Tape, layer: Layer, atlas: Any) -> Seen | None:
    """What an atlas knows of a layer, or of the parts it is joined from; None: not all of it."""
    by_number = {one.number: one for one in atlas.layers}
    numbers = [layer.number]
    if layer.number not in by_number:
        numbers = [op.number for op in parts(tape, layer.number)]
    if not all(number in by_number for number in numbers):
        return None
    units = [atlas.units(by_number[number]) for number in numbers]
    return Seen(
        int(atlas.images_read),
        np.concatenate([one.status for one in units]),
        np.concatenate([one.fired_images for one in units]),
        np.concatenate([one.fired_cells for one in units]),
        np.concatenate([one.histogram for one in units]),
    )


def histogram(maps: NDArray[np.float32], bins: NDArray[np.float64]) -> NDArray[np.int64]:
    """(C, bins) counts of (C, h, w) between edges (bins + 1,) as an atlas has them.

    A bin holds its edge that is nearer to zero; zero has a bin of its own, between two edges of 0.
    What is not finite is in none.

    >>> histogram(np.array([[[-1.0, 0.0, 2.0]]]), np.array([-np.inf, -1, 0, 0, 2, np.inf])).tolist()
    [[1, 0, 1, 0, 1]]
    """
    found = np.zeros((len(maps), len(bins) - 1), np.int64)
    zero = int(np.searchsorted(bins, 0.0))
    for row, one in zip(found, maps, strict=True):
        values = one[np.isfinite(one)].astype(np.float64)
        up, down = np.searchsorted(bins, values, "right"), np.searchsorted(bins, values)
        place = np.where(values > 0, up - 1, np.where(values < 0, down - 1, zero))
        row += np.bincount(place, minlength=len(row))
    return found
