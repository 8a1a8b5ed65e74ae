"""A box: a half-open rectangle of pixels, rows first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Box:
    """Pixels ``y0 <= y < y1`` and ``x0 <= x < x1``; it may hang over the image's border.

    >>> Box(-3, 0, 4, 7).clip(100, 100)
    Box(y0=0, x0=0, y1=4, x1=7)
    """

    y0: int
    x0: int
    y1: int
    x1: int

    @property
    def height(self) -> int:
        """Rows in the box."""
        return self.y1 - self.y0

    @property
    def width(self) -> int:
        """Columns in the box."""
        return self.x1 - self.x0

    def clip(self, height: int, width: int) -> Box:
        """The part of the box inside an image of this size."""
        return Box(
            min(max(self.y0, 0), height),
            min(max(self.x0, 0), width),
            max(min(self.y1, height), 0),
            max(min(self.x1, width), 0),
        )

    def contains(self, other: Box) -> bool:
        """Whether the other box lies wholly inside this one."""
        return (
            self.y0 <= other.y0
            and self.x0 <= other.x0
            and self.y1 >= other.y1
            and self.x1 >= other.x1
        )
