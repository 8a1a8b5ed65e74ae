"""The receptive field of a layer, as an affine map from cells to boxes of input pixels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Literal

from convscope.geometry.box import Box

Status = Literal["EXACT", "BOUND", "GLOBAL"]


@dataclass(frozen=True)
class AxisField:
    """Cell ``i`` sees pixels ``floor(offset + stride*i)`` up to ``size`` further, unclipped."""

    size: int
    """Pixels."""
    stride: Fraction
    """Pixels from one cell to the next; below 1 after enlarging."""
    offset: Fraction
    """First pixel of cell 0; negative where the field hangs over the border."""

    def interval(self, cell: int) -> tuple[int, int]:
        """Half-open interval of pixels that a cell sees, not clipped to the image.

        >>> AxisField(7, Fraction(2), Fraction(-3)).interval(1)
        (-1, 6)
        """
        start = floor(self.offset + self.stride * cell)
        return start, start + self.size


@dataclass(frozen=True)
class Field:
    """What a cell of a layer sees of the input.

    ``EXACT``: the smallest box that holds the structural support; ``BOUND``: a box that holds it;
    ``GLOBAL``: the whole image, because of the op named in ``cause``.
    """

    y: AxisField
    x: AxisField
    status: Status
    cause: str = ""

    def box(self, cell: tuple[int, int]) -> Box:
        """The box a cell ``(y, x)`` sees, unclipped: every cell's has the same size."""
        (y0, y1), (x0, x1) = self.y.interval(cell[0]), self.x.interval(cell[1])
        return Box(y0, x0, y1, x1)

    def frame(self, cell: tuple[int, int], height: int, width: int) -> Box:
        """The box pictures of a cell are drawn in: `box`, or the image where that is no larger.

        >>> axis = AxisField(300, Fraction(16), Fraction(-100))
        >>> Field(axis, AxisField(7, Fraction(2), Fraction(-3)), "EXACT").frame((2, 0), 224, 224)
        Box(y0=0, x0=-3, y1=224, x1=4)
        """
        box = self.box(cell)
        y0, y1 = (box.y0, box.y1) if self.y.size < height else (0, height)
        x0, x1 = (box.x0, box.x1) if self.x.size < width else (0, width)
        return Box(y0, x0, y1, x1)
