"""What an occlusion sweep reads of each position: scores, the sum of a map, one cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.geometry.walk import IMAGE
from convscope.net.base import Base
from convscope.net.incremental import Patch, See
from convscope.net.target import Target
from convscope.net.windows import Ints
from convscope.results.layer import Layer

Reader = Callable[[Base], See]


@dataclass(frozen=True)
class Column:
    """One number, or one vector, for each position, and that of the uncovered image."""

    values: NDArray[np.float64]
    """(n,) or (n, K)"""
    base: NDArray[np.float64]
    """() or (K,)"""


def read_scores(layer: Layer, column: Column) -> Reader:
    """Read the scores of all classes."""

    def made(base: Base) -> See:
        column.base[:] = _numbers(base.results[layer.number].reshape(-1))

        def see(patch: Patch, some: Ints) -> None:
            column.values[some] = _numbers(patch.values.reshape(len(some), -1))

        return see

    return made


def read_sum(layer: Layer, channel: int, column: Column) -> Reader:
    """Read the sum of a map over its cells: what stands, and what changed of it."""

    def made(base: Base) -> See:
        op = base.tape.ops[layer.number]
        whole = base.results[layer.number][op.index(0, channel, None)].double()
        column.base[...] = float(whole.sum())

        def see(patch: Patch, some: Ints) -> None:
            place, rows = patch.place, op.index(0, channel, None)
            at = (slice(None), *rows[1:]) if op.axes[0] == "n" else rows
            new = patch.values[at].double().sum((-1, -2))
            old = [
                whole[y : y + place.height, x : x + place.width].sum()
                for y, x in zip(place.rows, place.columns, strict=True)
            ]
            column.values[some] = column.base + _numbers(new - torch.stack(old))

        return see

    return made


def read_cell(target: Target, boxes: Ints, column: Column) -> Reader:
    """Read the target in the cell that is strongest uncovered.

    Where an occluder does not touch the cell's receptive field the value is the uncovered one, to
    the bit: nothing is computed there.
    """

    def made(base: Base) -> See:
        number, tape = target.layer.number, base.tape
        uncovered = target.values(base.results[number], tape)[0]
        y, x = target.strongest(uncovered)
        column.base[...] = float(uncovered[y, x])
        touched = _touched(base, number, (y, x), boxes)

        def see(patch: Patch, some: Ints) -> None:
            found = target.values(patch.values, tape)
            rows, columns = y - patch.place.rows, x - patch.place.columns
            inside = (
                touched[some]
                & ((rows >= 0) & (rows < patch.place.height))
                & ((columns >= 0) & (columns < patch.place.width))
            )
            column.values[some] = column.base
            read = found[np.flatnonzero(inside), rows[inside], columns[inside]]
            column.values[some[inside]] = _numbers(read)

        return see

    return made


def _touched(base: Base, number: int, cell: tuple[int, int], boxes: Ints) -> NDArray[np.bool_]:
    """Which boxes touch the pixels a cell depends on."""
    found = np.ones(len(boxes), bool)
    if base.tape.layer(number).field.status == "GLOBAL":
        return found
    for axis in (0, 1):
        needs = base.tape.graph(axis).walk(number, (cell[axis], cell[axis] + 1))
        low, high = needs.get(IMAGE, (0, 0))
        found &= (boxes[:, axis] < high) & (boxes[:, axis + 2] > low)
    return found


def _numbers(tensor: Tensor) -> NDArray[np.float64]:
    return np.asarray(tensor.detach().double().cpu().numpy(), np.float64)
