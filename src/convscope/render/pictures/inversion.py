"""An image beside what each layer's code gives back of it, one row a start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from convscope.render.canvas import Canvas, Part, sheet_png
from convscope.render.picture import SMALL, Picture, fitted
from convscope.render.row import NOTE, row
from convscope.render.typeset import paragraph
from convscope.render.words import number
from convscope.results.inversion import Inversion

if TYPE_CHECKING:
    from convscope.render.tile import Pixels

ABREAST = 9
"""Layers in a row beside the image."""
READ = (
    "Error: how far the picture's code is from the image's, |Φ(x) − Φ0| / |Φ0|; 0: the same code, "
    "1: as far as none at all. dB: likeness of the pixels (PSNR)."
)


def inversion_png(result: Inversion) -> bytes:
    """The image and its inversions, with the errors of each.

    >>> inversion_png.__name__
    'inversion_png'
    """
    return sheet_png(inversion_canvas(result))


def inversion_canvas(result: Inversion) -> Canvas:
    """Rows of at most nine layers, each with the image first; below one another the starts."""
    rows = [row(pictures) for pictures in inversion_rows(result)]
    wide = max(NOTE, *(one.width for one in rows))
    parts: list[Part] = []
    low = 0.0
    for one in rows:
        parts += one.moved(0, low)
        low += one.height + 14
    said, high = paragraph(" ".join(filter(None, (READ, _spread(result), result.note))), 0, low - 6,
                           wide)  # fmt: skip
    return Canvas(wide, round(low + high), (*parts, *said))


def inversion_rows(result: Inversion) -> Iterator[list[Picture]]:
    """Pictures of each row."""
    starts = result.pictures.shape[1]
    for first in range(0, len(result.layers), ABREAST):
        places = range(first, min(first + ABREAST, len(result.layers)))
        for start in range(starts):
            which = f"start {start + 1} of {starts}" if starts > 1 else ""
            yield [_original(result, which), *(_picture(result, i, start) for i in places)]


def measure(result: Inversion, place: int, start: int) -> str:
    """How near one picture is, in words."""
    error, psnr = result.error[place, start], result.psnr[place, start]
    if np.isnan(error):
        return "no code"
    near = "the same pixels" if np.isinf(psnr) else f"{psnr:.1f} dB"
    return f"error {number(float(f'{error:.2g}'))}, {near}"


def _original(result: Inversion, which: str) -> Picture:
    return Picture(
        "Photograph", _fitted(result.original), which, "The image as the network gets it"
    )


def _picture(result: Inversion, place: int, start: int) -> Picture:
    name, said = result.layers[place], measure(result, place, start)
    pixels = _fitted(result.pictures[place, start])
    shown = "Input" if name == "input" else name
    return Picture(shown, pixels, said, f"Rebuilt from the code of {name}: {said}")


def _fitted(pixels: Pixels) -> Pixels:
    return fitted(pixels, SMALL)


def _spread(result: Inversion) -> str:
    known = _known(result.spread.tolist())
    if not known:
        return ""
    low, high = (number(float(f"{value:.2g}")) for value in (min(known), max(known)))
    return f"Starts differ by {low} to {high} of 255 (root mean square from their mean)."


def _known(values: Sequence[float]) -> list[float]:
    return [value for value in values if np.isfinite(value)]
