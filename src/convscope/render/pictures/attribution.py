"""A signed attribution on the ground, the same for a twin with random weights, and the saliency."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.paint import paint_positive
from convscope.geometry.box import Box
from convscope.render.gain import equal_contrast, paint
from convscope.render.picture import SIDE, Picture, Scale
from convscope.render.pictures.photograph import photograph
from convscope.render.resize import within
from convscope.render.row import row_png
from convscope.render.tile import Pixels
from convscope.render.words import MINUS, TIMES, number
from convscope.results.projection import framed

if TYPE_CHECKING:
    from convscope.results.attribution import Attribution

NAMES = {
    "gradient": "Gradient",
    "input_gradient": "Input × gradient",
    "smoothgrad": "SmoothGrad",
    "integrated": "Integrated gradients",
    "guided": "Guided",
    "deconvnet": "Deconvnet",
}
"""By ``kind``: what the panel is called."""
TWIN = "Random weights"


def attribution_png(result: Attribution) -> bytes:
    """The photograph, the attribution, and that of its twin, with what must be said.

    >>> attribution_png.__name__
    'attribution_png'
    """
    said = (f"{of(result)}; grey is zero.", result.note, sanity(result.similarity))
    pictures = (photograph(result.shown, result.box), *attribution_pictures(result))
    return row_png(pictures, " ".join(filter(None, said)))


def attribution_pictures(result: Attribution) -> tuple[Picture, ...]:
    """The signed picture, and its twin's where there is one."""
    name = NAMES.get(result.kind, result.kind)
    return _pair(result, name, signed, lambda array: array)


def saliency_pictures(result: Attribution) -> tuple[Picture, ...]:
    """The largest absolute value over the channels, and the twin's.

    Source: Simonyan et al. 2013, sec. 3.1.
    """
    return _pair(result, "Saliency", magnitude, lambda array: np.abs(array).max(axis=0))


def of(result: Attribution) -> str:
    """What the picture is of, and its value here.

    >>> of.__name__
    'of'
    """
    cell = "" if result.cell is None else f"@{result.cell[0]},{result.cell[1]}"
    name = result.target if result.target.endswith(cell) else f"{result.target}{cell}"
    return f"{name}: {number(result.value)} on this image"


def shown_frame(frame: tuple[int, int, int, int], height: int, width: int) -> Box | None:
    """The frame that is shown alone and enlarged: one of less than half the image's sides.

    >>> shown_frame((0, 0, 7, 7), 72, 72), shown_frame((0, 0, 60, 60), 72, 72)
    (Box(y0=0, x0=0, y1=7, x1=7), None)
    """
    box = Box(*frame)
    return box if 2 * box.height < height and 2 * box.width < width else None


def _pair(
    result: Attribution,
    name: str,
    draw: Callable[[str, NDArray[Any], str, str], Picture],
    of_array: Callable[[NDArray[Any]], NDArray[Any]],
) -> tuple[Picture, ...]:
    box = shown_frame(result.frame, *result.array.shape[-2:])
    arrays = [array for array in (result.array, result.twin) if array is not None]
    tiles = [array if box is None else framed(array, box) for array in arrays]
    size = "" if box is None else f"{box.height} {TIMES} {box.width} px"
    pairs = zip(
        (name, TWIN), (f"{name} of {result.target}", f"{name}, {TWIN}"), tiles, strict=False
    )
    return tuple(draw(short, of_array(tile), says, size) for short, says, tile in pairs)


def sanity(similarity: float | None) -> str:
    """How a picture compares with that of random weights, as a sentence.

    Source: `convscope.similarity`, the rank correlation of absolute values.

    >>> sanity(0.412)
    'Rank correlation with random weights: 0.41 (1: the same places stand out, 0: unrelated).'
    >>> sanity(-0.56)
    'Rank correlation with random weights: −0.56 (0: unrelated places stand out, −1: opposite).'
    """
    if similarity is None:
        return ""
    ends = "1: the same places stand out, 0: unrelated"
    if round(similarity, 2) < 0:
        ends = f"0: unrelated places stand out, {MINUS}1: opposite"
    return f"{correlation(similarity)} ({ends})."


def compared(result: Any) -> str:
    """`sanity` of a result; of guided Grad-CAM it is that of its map, and says so.

    >>> compared(None)
    ''
    """
    words = sanity(getattr(result, "similarity", None))
    if getattr(result, "guided", None) is None or not words:
        return words
    return f"Of the map, not of the guided picture: {words[0].lower()}{words[1:]}"


def correlation(similarity: float) -> str:
    """The same without what its ends mean, for rows of pictures.

    >>> correlation(0.2)
    'Rank correlation with random weights: 0.2'
    """
    return f"Rank correlation with random weights: {number(round(similarity, 2))}"


def signed(name: str, array: NDArray[Any], says: str, size: str = "", side: int = SIDE) -> Picture:
    """Signed values (c, H, W) as light and dark around the ground, in equal contrast."""
    pixels, measure = signed_pixels(array, side)
    measure = ", ".join(part for part in (size, measure) if part)
    return Picture(name, pixels, measure, f"{says}, {measure}; grey is zero")


def signed_pixels(array: NDArray[Any], side: int) -> tuple[Pixels, str]:
    """The pixels and their full scale in words."""
    planes = within(array, side)
    gain = equal_contrast(planes)
    scale = f"full scale ±{number(1 / gain)}" if gain else "zero everywhere"
    return np.ascontiguousarray(paint(planes, gain)), scale


def magnitude(
    name: str, values: NDArray[Any], says: str, size: str = "", side: int = SIDE
) -> Picture:
    """Values from zero (h, w) in ember, up to the 99th percentile of what is not zero."""
    planes = within(values, side)
    lit = planes[planes > 0]
    top = float(np.percentile(lit, 99)) if lit.size else 0.0
    high = f"{number(top)} and over" if top else "zero everywhere"
    pixels = np.ascontiguousarray(paint_positive(planes, top))
    said = f"{says}, from 0 to {high}"
    return Picture(name, pixels, size, said, Scale("ember", "0", high if top else "0"))
