"""One projection beside its patch, with its scale below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND
from convscope.render.jpeg import png
from convscope.render.lettering import QUIET, beside, stack, strip
from convscope.render.picture_attribution import sanity
from convscope.render.resize import enlarge, resize, square
from convscope.render.tile import Pixels, as_color, cut, projection_tile
from convscope.render.words import number
from convscope.results.projection import framed

if TYPE_CHECKING:
    from convscope.results.projection import Projection

SIDE = 227
"""Pictures are enlarged by the largest whole factor that stays within this."""
GAP = 6


def tile_png(
    tile: NDArray[Any],
    patch: NDArray[np.uint8] | None = None,
    caption: str = "",
    twin: NDArray[Any] | None = None,
    alike: str = "",
) -> bytes:
    """A projection (c, h, w), its patch (h, w, c) and its twin's, with their scale below.

    >>> tile_png(np.zeros((3, 7, 7)))[1:4]
    b'PNG'
    """
    pixels, scale = projection_tile(tile)
    picture = _whole(pixels)
    if patch is not None:
        picture = beside(picture, _fitted(patch, picture.shape[0]), GAP, GROUND)
    if twin is not None:
        picture = beside(picture, _whole(projection_tile(twin)[0]), GAP, GROUND)
    said = f"full scale \u00b1{number(scale)}, grey is zero" if scale else "zero everywhere"
    words = ", ".join(part for part in (caption, said) if part)
    words = f"{words}. {alike}" if alike else words
    return png(stack(picture, strip(words, max(picture.shape[1], SIDE), 12, QUIET)))


def projection_png(result: Projection) -> bytes:
    """What excited the unit, beside the patch it was in, and the same with random weights.

    >>> projection_png.__name__
    'projection_png'
    """
    where = "" if result.cell is None else f"@{result.cell[0]},{result.cell[1]}"
    silent = result.is_zero and result.note
    named = "" if silent else f"{result.name}{where}, {number(result.value)}"
    caption = ". ".join(part for part in (named, result.note.rstrip(".")) if part)
    twin = None if result.twin is None else framed(result.twin, result.box)
    alike = f"Right: {sanity(result.similarity)}" if twin is not None else ""
    return tile_png(result.tile(), cut(result.shown, result.box), caption, twin, alike)


def _whole(pixels: Pixels) -> Pixels:
    factor = max(1, SIDE // max(pixels.shape[:2]))
    return np.ascontiguousarray(enlarge(pixels.transpose(2, 0, 1), factor).transpose(1, 2, 0))


def _fitted(patch: Pixels, side: int) -> Pixels:
    """A patch on the ground, at the height of its projection."""
    planes = square(as_color(patch).transpose(2, 0, 1), fill=GROUND)
    return np.rint(resize(planes, side)).astype(np.uint8).transpose(1, 2, 0)
