"""What an occlusion sweep is asked, and what it reads, position by position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.images.image import Image
from convscope.methods.grid import Grid
from convscope.methods.readers import Column, Reader, read_cell, read_scores, read_sum
from convscope.net.finite import check_finite
from convscope.net.target import Target
from convscope.results.layer import Layer


@dataclass(frozen=True)
class Asked:
    """What is read at every position."""

    target: Target
    scores: Layer | None
    layer: Layer
    """Whose strongest map is summed."""
    channel: int

    @property
    def unit(self) -> str:
        """That map, ``layer:channel``."""
        return f"{self.layer.name}:{self.channel}"


@dataclass(frozen=True)
class Columns:
    """Everything read, position by position."""

    scores: Column
    sums: Column
    cell: Column

    @classmethod
    def empty(cls, count: int, asked: Asked) -> Columns:
        """Room for it."""
        classes = asked.scores.channels if asked.scores else 0
        one = [Column(np.zeros(count), np.zeros(())) for _ in range(2)]
        return cls(Column(np.zeros((count, classes)), np.zeros(classes)), *one)

    def readers(self, asked: Asked, places: Grid) -> list[tuple[int, Reader]]:
        """Who reads which op."""
        readers = [
            (asked.layer.number, read_sum(asked.layer, asked.channel, self.sums)),
            (asked.target.layer.number, read_cell(asked.target, places.boxes, self.cell)),
        ]
        if asked.scores is not None:
            readers.append((asked.scores.number, read_scores(asked.scores, self.scores)))
        return readers

    def check(self, image: Image) -> None:
        """Refuse answers that are not finite.

        Raises:
            DataError: one is not.
        """
        what = f"With {image.id} covered in places, the network's answers are not finite"
        for column in (self.scores, self.sums, self.cell):
            check_finite(column.base, what)
            check_finite(column.values, what)

    @property
    def values(self) -> list[NDArray[np.float64]]:
        """Everything, by position."""
        return [column.values for column in (self.scores, self.sums, self.cell)]

    def stand(self) -> None:
        """Give every position the uncovered image's values."""
        for column in (self.scores, self.sums, self.cell):
            column.values[...] = column.base

    def spread(self, nearest: NDArray[np.int64]) -> None:
        """Give every position the values of its nearest computed one."""
        for values in self.values:
            values[...] = values[nearest]
