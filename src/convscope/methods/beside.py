"""The same picture for a twin with shuffled weights, to lie beside the network's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import DataError, NetworkError
from convscope.methods.similarity import inside, similarity
from convscope.net.net import Net
from convscope.net.twin import twin

_TRIES = 4
"""Twins to ask: in each, a unit behind a rectifier is silent about every second time."""


@dataclass(frozen=True)
class Beside:
    """A twin's picture, or why there is none."""

    array: NDArray[np.float32] | None = None
    seed: int | None = None
    """Of the twin's shuffle."""
    note: str = ""

    def similarity(
        self, array: NDArray[Any], frame: tuple[int, int, int, int] | None = None
    ) -> float | None:
        """How alike the network's picture and the twin's are, in the frame: where both can differ.

        Without a frame (y0, x0, y1, x1), everywhere; None where the twin has no picture.
        """
        if self.array is None:
            return None
        frame = frame or (0, 0, *array.shape[-2:])
        return similarity(inside(array, frame), inside(self.array, frame))


def beside(net: Net, seed: int, draw: Callable[[Net], NDArray[np.float32] | None]) -> Beside:
    """Draw a picture of a twin: the first of a few that has one.

    Args:
        net: the network.
        seed: of the first twin's shuffle; the next have the next.
        draw: draws a network's picture, (h, w) or (c, h, w); None where its target is silent.
    """
    try:
        for tried in range(seed, seed + _TRIES):
            array = draw(twin(net, tried))
            if array is not None and array.any():
                return Beside(array, tried)
    except (NetworkError, DataError) as error:
        return Beside(note=f"There is no twin to compare with: {error}")
    return Beside(
        note=f"In {_TRIES} twins with shuffled weights the target is silent here, so there is no "
        "picture to compare with."
    )
