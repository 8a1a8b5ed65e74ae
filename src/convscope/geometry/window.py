"""What one op reads along one axis: which input cells an interval of output cells depends on.

Intervals are half-open and may reach past the map (into padding); whoever walks clips them.
Source: the window arithmetic of Zeiler & Fergus 2013, Fig. 3, and its adjoint for the ops that
enlarge.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

Interval = tuple[int, int]


class Reach(Protocol):
    """How one op reads its input along one axis."""

    @property
    def ratio(self) -> Fraction:
        """Input cells from one output cell to the next."""

    @property
    def is_solid(self) -> bool:
        """Whether neighbouring output cells read without leaving a cell out between them."""

    def back(self, interval: Interval, length: int | None) -> Interval:
        """Input cells an interval of output cells reads.

        ``length`` is the input's; ``None`` is an endless map, without borders to mirror at.
        """


@dataclass(frozen=True)
class Window:
    """A sliding window: convolution, pooling, zero padding, a slice with a step.

    >>> Window(size=3, stride=2, padding=1).back((4, 6), 100)
    (7, 12)
    """

    size: int = 1
    """Cells from its first to its last tap, dilation included."""
    stride: int = 1
    padding: int = 0
    """Cells put before the first; negative where cells are cut off."""
    step: int = 1
    """Cells from one tap to the next (dilation)."""

    @property
    def ratio(self) -> Fraction:
        """Input cells from one output cell to the next."""
        return Fraction(self.stride)

    @property
    def is_solid(self) -> bool:
        """Whether neighbouring output cells read without leaving a cell out between them."""
        return self.step == 1 and self.size >= self.stride

    def back(self, interval: Interval, length: int | None) -> Interval:
        """Input cells an interval of output cells reads."""
        low, high = interval
        return low * self.stride - self.padding, (high - 1) * self.stride - self.padding + self.size


@dataclass(frozen=True)
class Spread:
    """The adjoint of a window: transposed convolution.

    >>> Spread(size=4, stride=2, padding=1).back((0, 2), 100)
    (-1, 2)
    """

    size: int
    stride: int
    padding: int
    step: int = 1

    @property
    def ratio(self) -> Fraction:
        """Input cells from one output cell to the next."""
        return Fraction(1, self.stride)

    @property
    def is_solid(self) -> bool:
        """Whether neighbouring output cells read without leaving a cell out between them."""
        return self.step == 1

    def back(self, interval: Interval, length: int | None) -> Interval:
        """Input cells an interval of output cells reads."""
        low, high = interval
        return (
            -((self.size - 1 - low - self.padding) // self.stride),
            (high - 1 + self.padding) // self.stride + 1,
        )


@dataclass(frozen=True)
class Enlarge:
    """Nearest or linear enlarging by a whole factor (``align_corners=False``).

    >>> Enlarge(2, linear=True).back((2, 3), 100)
    (0, 2)
    """

    factor: int
    linear: bool = False

    @property
    def ratio(self) -> Fraction:
        """Input cells from one output cell to the next."""
        return Fraction(1, self.factor)

    @property
    def is_solid(self) -> bool:
        """Whether neighbouring output cells read without leaving a cell out between them."""
        return True

    def back(self, interval: Interval, length: int | None) -> Interval:
        """Input cells an interval of output cells reads.

        At the first border torch reads the second cell too, with weight zero.
        """
        low, last = interval[0], interval[1] - 1
        if not self.linear:
            return low // self.factor, last // self.factor + 1
        first = self._source(last)
        return self._source(low), (first if length is None else max(first, 0)) + 2

    def _source(self, cell: int) -> int:
        # floor((cell + 1/2) / factor - 1/2), in whole numbers
        return (2 * cell + 1 - self.factor) // (2 * self.factor)


@dataclass(frozen=True)
class Mirror:
    """Padding by reflection (``edge=1``) or by repeating the last cell (``edge=0``, replicate)."""

    before: int
    after: int
    reflect: bool = True

    @property
    def ratio(self) -> Fraction:
        """Input cells from one output cell to the next."""
        return Fraction(1)

    @property
    def is_solid(self) -> bool:
        """Whether neighbouring output cells read without leaving a cell out between them."""
        return True

    def back(self, interval: Interval, length: int | None) -> Interval:
        """Input cells an interval of output cells reads, mirrored ones included.

        >>> Mirror(2, 2).back((0, 1), 10)
        (2, 3)
        """
        low, last = interval[0] - self.before, interval[1] - 1 - self.before
        if length is None:
            return low, last + 1
        cells = [self._inside(low, length), self._inside(last, length)]
        cells += [edge for edge in (0, length - 1) if low <= edge <= last]
        return min(cells), max(cells) + 1

    def _inside(self, cell: int, length: int) -> int:
        if not self.reflect:
            return min(max(cell, 0), length - 1)
        cell = abs(cell)
        return cell if cell < length else 2 * (length - 1) - cell
