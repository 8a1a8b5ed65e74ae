"""Which class the network names while each place is covered: colors, letters and a legend.

The uncovered answer takes the ground, since there nothing changed; the other classes take the
label colors in order of area, and what is beyond eight is hatched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND, LABELS, labels
from convscope.render.picture import Entry, Letter, hatch
from convscope.render.pictures.placed import Placing
from convscope.render.tile import Pixels
from convscope.render.words import percent

LETTERED = 24
"""A region carries its letter where both its sides are at least so many pixels."""
OTHER = "other"
_CHIP = (14, 15)
"""Height and width of a letter's chip, in pixels."""


@dataclass(frozen=True)
class LabelMap:
    """A label map as it is shown."""

    pixels: Pixels
    letters: tuple[Letter, ...]
    legend: tuple[Entry, ...]


def label_map(
    classes: NDArray[np.int64], answer: int, names: Mapping[int, str], place: Placing
) -> LabelMap:
    """Draw class numbers (ny, nx); ``answer`` is the class of the uncovered image."""
    order = by_area(classes, answer)
    pixels = _colored(classes, answer, order, place)
    letters = tuple(_letters(classes, order, place))
    return LabelMap(pixels, letters, _legend(classes, answer, order, names))


def by_area(classes: NDArray[np.int64], answer: int) -> list[int]:
    """The classes other than the answer, largest area first, equal ones by number.

    >>> by_area(np.array([[1, 2, 2, 0]]), 0)
    [2, 1]
    """
    found, areas = np.unique(classes[classes != answer], return_counts=True)
    return [int(found[i]) for i in np.lexsort((found, -areas))]


def _colored(classes: NDArray[np.int64], answer: int, order: list[int], place: Placing) -> Pixels:
    colors = np.full((*classes.shape, 3), GROUND, np.uint8)
    for number, color in zip(order, labels(), strict=False):
        colors[classes == number] = color
    pixels = place.paint(colors)
    is_other = np.isin(classes, order[len(LABELS) :])
    hatched = place.paint(np.repeat(255 * is_other[..., None].astype(np.uint8), 3, axis=2))
    return np.where(hatched == 255, hatch(*pixels.shape[:2]), pixels)


def _letters(classes: NDArray[np.int64], order: list[int], place: Placing) -> Iterator[Letter]:
    """One letter in every region that is large enough to hold it."""
    for letter, number in zip("ABCDEFGH", order, strict=False):
        for region in regions(classes == number):
            tall, wide = _extent(region, place)
            if min(tall, wide) >= LETTERED:
                y, x = place.middle(*inmost(region))
                high, broad = place.rows.size - _CHIP[0], place.columns.size - _CHIP[1]
                top, left = y - _CHIP[0] // 2, x - _CHIP[1] // 2 + 3
                yield Letter(min(max(left, 3), broad), min(max(top, 0), high), letter)


def _extent(region: NDArray[np.bool_], place: Placing) -> tuple[int, int]:
    """Height and width in pixels of the picture."""
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    return int(np.isin(place.rows, rows).sum()), int(np.isin(place.columns, columns).sum())


def regions(mask: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    """The connected parts of a mask (neighbors share a side), first cells first.

    >>> [part.sum().item() for part in regions(np.array([[1, 0, 1], [1, 0, 0]], bool))]
    [2, 1]
    """
    left = mask.copy()
    while left.any():
        part = np.zeros_like(left)
        part[np.unravel_index(left.argmax(), left.shape)] = True
        grown = _grown(part) & left
        while grown.sum() > part.sum():
            part, grown = grown, _grown(grown) & left
        left &= ~part
        yield part


def inmost(region: NDArray[np.bool_]) -> tuple[int, int]:
    """The cell that is farthest from the region's rim."""
    kept, core = region, region
    while core.any():
        kept, core = core, ~_grown(np.pad(~core, 1, constant_values=True))[1:-1, 1:-1]
    cells = np.argwhere(kept)
    middle = cells[np.abs(cells - cells.mean(axis=0)).sum(axis=1).argmin()]
    return int(middle[0]), int(middle[1])


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    out = mask.copy()
    out[1:] |= mask[:-1]
    out[:-1] |= mask[1:]
    out[:, 1:] |= mask[:, :-1]
    out[:, :-1] |= mask[:, 1:]
    return out


def _legend(
    classes: NDArray[np.int64], answer: int, order: list[int], names: Mapping[int, str]
) -> tuple[Entry, ...]:
    def share(numbers: list[int]) -> str:
        return percent(float(np.isin(classes, numbers).mean()))

    entries = [Entry("#808080", "", _name(names, answer), f"{share([answer])}, as uncovered")]
    for letter, color, number in zip("ABCDEFGH", LABELS, order, strict=False):
        entries.append(Entry(color, letter, _name(names, number), share([number])))
    rest = order[len(LABELS) :]
    if rest:
        entries.append(Entry("", "", f"{OTHER}, {len(rest)} classes", share(rest)))
    return tuple(entries)


def _name(names: Mapping[int, str], number: Any) -> str:
    return names.get(int(number), f"class {number}")
