"""Synthesized pictures of units, and how far each drives its unit beside the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result

STATUSES = ("drawn", "silent", "diverged")
"""A picture that drives its unit; a unit that no start could wake; one whose step was too large,
with the best picture before."""
_ARRAYS = ("pictures", "values", "best", "robust")
_LISTS = ("channels", "names", "status", "starts")


@dataclass(frozen=True)
class Synthesis(Result):
    """One picture for each unit, by gradient ascent.

    >>> gray, one = np.zeros((1, 8, 8, 3), np.uint8), np.ones(1)
    >>> made = Synthesis(gray, 3 * one, 2 * one, 2.4 * one, 3 * one[None], "relu1", (7,),
    ...                  ("relu1:7",), ("drawn",), (0,), "", {})
    >>> made.score.tolist(), made.remaining.round(2).tolist()
    ([1.5], [0.8])
    """

    pictures: NDArray[np.uint8]
    """(n, h, w, c), as shown; all numbers below are of these 8-bit pixels."""
    values: NDArray[np.float64]
    """(n,): the unit's strongest cell on the picture, clean; a silent one's is of its noise."""
    best: NDArray[np.float64]
    """(n,): its strongest in the data; nan where no data was given."""
    robust: NDArray[np.float64]
    """(n,): its strongest cell after a small shift and blur, rounded to 8 bits again."""
    tries: NDArray[np.float64]
    """(starts, n): ``values`` of every start; nan where a start was not tried."""
    layer: str
    channels: tuple[int, ...]
    """-1 for a direction."""
    names: tuple[str, ...]
    """As people write the units; names of classes."""
    status: tuple[str, ...]
    """One of `STATUSES` each."""
    starts: tuple[int, ...]
    """The seed that each picture's noise came from."""
    note: str
    provenance: dict[str, Any]
    losses: NDArray[np.float64] | None = None
    """(n,): the objective as the climb's last step saw it; atlases do not keep it."""

    def of(self, channels: Sequence[int]) -> Synthesis:
        """The pictures of some channels, in this order."""
        rows = [self.channels.index(channel) for channel in channels]
        some: dict[str, Any] = {name: getattr(self, name)[rows] for name in _ARRAYS}
        some |= {name: tuple(getattr(self, name)[row] for row in rows) for name in _LISTS}
        some["losses"] = None if self.losses is None else self.losses[rows]
        return replace(self, tries=self.tries[:, rows], **some)

    @property
    def captioned(self) -> str:
        """Whose sentences stand with the pictures."""
        return "synthesis"

    @property
    def score(self) -> NDArray[np.float64]:
        """(n,): value over the data's best; below 1 the picture is weaker than reality.

        nan where the data never excites the unit, or was not given.
        """
        return _over(self.values, self.best)

    @property
    def scores(self) -> NDArray[np.float64]:
        """(starts, n): the same of every start."""
        return _over(self.tries, np.broadcast_to(self.best, self.tries.shape))

    @property
    def remaining(self) -> NDArray[np.float64]:
        """(n,): share of the value that is left after a small shift and blur."""
        return _over(self.robust, self.values)


def _over(values: NDArray[np.float64], by: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.full(values.shape, np.nan)
    np.divide(values, by, out=found, where=by > 0)
    return found
