"""The photograph beside its pictures, with the receptive field that they are of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.geometry.box import Box
from convscope.render.picture import SIDE, Picture, fitted
from convscope.render.tile import Pixels, as_color


def photograph(shown: NDArray[np.uint8], field: Box | None = None) -> Picture:
    """The image as the network gets it; a box where a field is less than all of it.

    >>> photograph(np.zeros((8, 8, 3), np.uint8), Box(0, 0, 4, 8)).measure
    'the box: its field'
    """
    whole = Box(0, 0, shown.shape[0], shown.shape[1])
    is_part = field is not None and field.clip(whole.y1, whole.x1) != whole
    pixels, box = boxed_image(shown, field if is_part else None)
    measure = "the box: its field" if is_part else ""
    return Picture("Photograph", pixels, measure, "The image as the network gets it", box=box)


def boxed_image(shown: NDArray[Any], field: Box | None) -> tuple[Pixels, Box | None]:
    """The image as large as a picture, and the field's box on it, clipped to it."""
    pixels = fitted(as_color(shown), SIDE)
    if field is None:
        return pixels, None
    share = pixels.shape[0] / shown.shape[0], pixels.shape[1] / shown.shape[1]
    box = field.clip(shown.shape[0], shown.shape[1])
    y0, y1 = (round(v * share[0]) for v in (box.y0, box.y1))
    x0, x1 = (round(v * share[1]) for v in (box.x0, box.x1))
    return pixels, Box(y0, x0, y1, x1)
