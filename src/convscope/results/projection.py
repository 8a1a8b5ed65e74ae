"""A projection: what in one image excited one unit, as the network-input pattern it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.geometry.box import Box
from convscope.results.result import Result


@dataclass(frozen=True)
class Projection(Result):
    """One unit, direction or class of one image, projected back to the input."""

    array: NDArray[np.float32]
    """(c, h, w) over the whole input, in network-input units; zero outside the receptive field."""
    shown: NDArray[np.uint8]
    """(h, w, c) the image's pixels, registered with ``array``."""
    layer: str
    channel: int | None
    """``None``: a direction, which is of several channels."""
    cell: tuple[int, int] | None
    """(y, x) in the layer's map; ``None`` where the whole map was seeded."""
    value: float
    """The activation that was projected (of a whole map: its sum)."""
    frame: tuple[int, int, int, int]
    """The receptive field's box ``(y0, x0, y1, x1)``; it may hang over the border."""
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, weights hash, image, versions."""
    target: str = ""
    """What was projected, as people write it, without the cell: a unit, a direction, a class."""
    twin: NDArray[np.float32] | None = None
    """The same of a twin with shuffled weights; ``None``: not asked for, or there is none."""
    similarity: float | None = None
    """How alike the two are in the receptive field: rank correlation of their sizes."""

    @property
    def name(self) -> str:
        """What was projected; known also of files that an earlier version saved."""
        return self.target or f"{self.layer}:{self.channel}"

    @property
    def captioned(self) -> str:
        """Whose sentences stand with the picture: those of the backward rule."""
        return str(self.provenance.get("options", {}).get("rule", "deconvnet"))

    @property
    def box(self) -> Box:
        """The receptive field's box."""
        return Box(*self.frame)

    @property
    def is_zero(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.array.any()

    def tile(self) -> NDArray[np.float32]:
        """(c, fh, fw): the projection in its frame, zero outside the image."""
        return framed(self.array, self.box)


def framed(array: NDArray[Any], frame: Box, fill: float = 0) -> NDArray[Any]:
    """Cut a frame out of (c, h, w); what lies outside the image is zero, or another ``fill``.

    >>> framed(np.ones((1, 2, 2)), Box(-1, 0, 1, 2)).tolist()
    [[[0.0, 0.0], [1.0, 1.0]]]
    """
    inside = frame.clip(array.shape[1], array.shape[2])
    out = np.full((array.shape[0], frame.height, frame.width), fill, array.dtype)
    y, x = inside.y0 - frame.y0, inside.x0 - frame.x0
    part = array[:, inside.y0 : inside.y1, inside.x0 : inside.x1]
    out[:, y : y + part.shape[1], x : x + part.shape[2]] = part
    return out
