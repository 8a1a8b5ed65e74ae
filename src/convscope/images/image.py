"""One image as methods take it: the network's input and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.geometry.box import Box
from convscope.images.source import Pixels
from convscope.preprocess import Prepared, Preprocessing


@dataclass(frozen=True)
class Image:
    """A prepared image with its provenance."""

    array: NDArray[np.float32]
    """``(c, H, W)``, the network's input."""
    shown: NDArray[np.uint8]
    """``(H, W, c)``, the same pixels before normalization."""
    id: str
    """Relative uri; with ``#box`` for a tile of a larger image."""
    label: str | None
    source: str
    """The original file's uri."""
    source_size: tuple[int, int]
    """``(height, width)`` of the original."""
    box: Box
    """The part of the original that ``shown`` covers."""

    @classmethod
    def from_array(
        cls,
        pixels: Pixels,
        preprocessing: Preprocessing,
        *,
        id: str = "array",
        label: str | None = None,
    ) -> Image:
        """Prepare ``(h, w)`` or ``(h, w, c)`` pixels that come from nowhere else.

        Raises:
            ImageError: they do not fit the network.

        >>> Image.from_array(np.zeros((8, 8), np.uint8), Preprocessing((4, 4), None)).box
        Box(y0=2, x0=2, y1=6, x1=6)
        """
        height, width = np.shape(pixels)[:2]
        return cls.from_prepared(
            preprocessing.apply(pixels), id=id, label=label, source=id, source_size=(height, width)
        )

    @classmethod
    def from_prepared(
        cls,
        prepared: Prepared,
        *,
        id: str,
        label: str | None,
        source: str,
        source_size: tuple[int, int],
        source_box: Box | None = None,
    ) -> Image:
        """Join prepared pixels and their provenance; a tile's box is moved into its original."""
        box = prepared.box if source_box is None else _moved(prepared.box, source_box)
        return cls(prepared.array, prepared.shown, id, label, source, source_size, box)


def _moved(box: Box, within: Box) -> Box:
    y, x = within.y0, within.x0
    return Box(box.y0 + y, box.x0 + x, box.y1 + y, box.x1 + x)
