"""The filters of a layer, each to its own scale and beside it all to a common one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND
from convscope.render.canvas import Canvas, Line, Part, Shot, Words, pixels_of
from convscope.render.filters import GAP, common_gain, filter_tile, kernel_row
from convscope.render.jpeg import png
from convscope.render.lettering import INK, QUIET
from convscope.render.picture import BAR_HEIGHT, bar
from convscope.render.pictures.says_weights import facts, is_tiled, sentences
from convscope.render.pictures.sheet_options import FilterSheetOptions
from convscope.render.plate import PADDING, Plate, across, numbered
from convscope.render.typeset import paragraph
from convscope.render.words import MINUS, count, number

if TYPE_CHECKING:
    from convscope.results.weights import Weights

WIDE, TALL = 560, 900
"""Pixels that one sheet of kernels may take; what does not fit is left out, and said."""
KERNEL = 12
"""Pixels that a kernel takes where there is room."""
NARROWEST = 620


@dataclass(frozen=True)
class Chosen:
    """Which filters, and which of their inputs, are on a sheet."""

    filters: NDArray[np.int64]
    inputs: NDArray[np.int64]


def weights_png(result: Weights, options: FilterSheetOptions | None = None) -> bytes:
    """The sheets as PNG bytes."""
    return png(pixels_of(weights_canvas(result, options)))


def weights_canvas(result: Weights, options: FilterSheetOptions | None = None) -> Canvas:
    """The same as a sheet, for PNG or SVG."""
    options = options or FilterSheetOptions()
    draw: Callable[[Weights, bool], tuple[Canvas, str]] = _tiles if is_tiled(result) else _kernels
    wanted = [True, False] if options.scale == "both" else [options.scale == "own"]
    drawn = [draw(result, is_own) for is_own in wanted]
    sheets = [_titled(sheet, own, result) for (sheet, _), own in zip(drawn, wanted, strict=True)]
    wide = max(sum(sheet.width + 24 for sheet in sheets) - 24, NARROWEST)
    parts: list[Part] = []
    y = 12.0
    for block in (_head(result, wide), _abreast(sheets), _norms(result, wide)):
        parts += block.moved(12, y)
        y += block.height + 12
    for sentence in sentences(result, drawn[0][1]):
        said, high = paragraph(sentence, 12, y, wide, 11)
        parts, y = [*parts, *said], y + high + 3
    return Canvas(wide + 24, round(y) + 9, tuple(parts))


def _tiles(result: Weights, is_own: bool) -> tuple[Canvas, str]:
    """Every filter as one tile."""
    filters = result.filters
    gain = None if is_own else common_gain(filters)
    side = filter_tile(filters[0]).shape[0]
    columns = across(len(filters), 1, 1)
    plate = Plate(len(filters), side, side, columns, GAP)
    pixels = plate.laid(lambda channel: filter_tile(filters[channel], gain))
    rows = [f"{first:,}" for first in range(0, len(filters), columns)]
    plus = "+" if len(rows) > 1 else ""
    names = [f"{plus}{i}" for i in range(columns)]
    return numbered(plate, pixels, rows if plus else [" "], names), ""


def _kernels(result: Weights, is_own: bool) -> tuple[Canvas, str]:
    """Filters in rows, their input channels in columns."""
    filters = result.filters
    factor, gap = _growth(filters)
    height, width = (side * factor for side in filters.shape[2:])
    chosen = telling(filters, (TALL + gap) // (height + gap), (WIDE + gap) // (width + gap))
    plate = Plate(len(chosen.filters) * len(chosen.inputs), height, width, len(chosen.inputs), gap)
    sheet = np.full((*plate.size, 3), GROUND, np.uint8)
    most = _largest(filters)
    for place, channel in enumerate(chosen.filters.tolist()):
        limit = _largest(filters[channel]) if is_own else most
        row = kernel_row(filters[channel][chosen.inputs], limit, factor, gap)
        y = PADDING + place * (height + gap)
        sheet[y : y + height, PADDING : PADDING + row.shape[1]] = row
    rows, columns = (
        [f"{number:,}" for number in part.tolist()] for part in (chosen.filters, chosen.inputs)
    )
    return numbered(plate, sheet, rows, columns), _left_out(result, chosen)


def telling(filters: NDArray[Any], rows: int, columns: int) -> Chosen:
    """The filters of largest norm, and the inputs that weigh most in them, in channel order.

    >>> telling(np.array([[[[1.0]], [[0.0]]], [[[0.0]], [[3.0]]]]), 1, 1)
    Chosen(filters=array([1]), inputs=array([1]))
    """
    size = np.nan_to_num(np.einsum("ijkl,ijkl->ij", filters, filters))
    kept = np.sort(np.argsort(-size.sum(axis=1), kind="stable")[:rows])
    inputs = np.sort(np.argsort(-size[kept].sum(axis=0), kind="stable")[:columns])
    return Chosen(kept, inputs)


def _left_out(result: Weights, chosen: Chosen) -> str:
    rows, columns = result.filters.shape[:2]
    if (rows, columns) == (len(chosen.filters), len(chosen.inputs)):
        return ""
    shown = [
        f"all {count(whole, noun)}" if len(some) == whole else f"{len(some):,} of {whole:,} {noun}s"
        for some, whole, noun in (
            (chosen.filters, rows, "filter"),
            (chosen.inputs, columns, "input channel"),
        )
    ]
    less = [(rows - len(chosen.filters), "filter"), (columns - len(chosen.inputs), "input")]
    gone = " and ".join(count(number, noun) for number, noun in less if number)
    return (
        f"Shown: {shown[0]} and {shown[1]}, those of largest norm. Left out: {gone}; the saved "
        "result has all."
    )


def _growth(filters: NDArray[Any]) -> tuple[int, int]:
    """The whole factor kernels grow by, smaller where then all of them fit, and their gap."""
    count, inputs, height, width = filters.shape
    most = max(1, round(KERNEL / max(height, width)))
    gap = 3 if height * width > 1 else 0
    for factor in range(most, -(-most // 3) - 1, -1):
        wide, tall = inputs * (width * factor + gap), count * (height * factor + gap)
        if wide <= WIDE and tall <= TALL:
            return factor, gap
    return most, gap


def _size(kernels: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.nan_to_num(np.square(kernels.astype(np.float64)).sum(axis=(-2, -1))))


def _largest(weights: NDArray[Any]) -> float:
    finite = weights[np.isfinite(weights)]
    return float(np.abs(finite).max(initial=0))


def _titled(sheet: Canvas, is_own: bool, result: Weights) -> Canvas:
    """A sheet under its name, with what its colors mean."""
    most = _largest(result.filters)
    name = "Each to its own scale" if is_own else "One scale for all"
    own = "grey is zero" if is_tiled(result) else "each row to its largest weight, grey is zero"
    full = own if is_own else f"full scale \u00b1{number(most)}, grey is zero"
    parts: list[Part] = [Words(0, 0, name, 13, is_bold=True), Words(0, 18, full, 11, ink=QUIET)]
    top = 36
    if not result.reads_image and not is_own:
        colors = "ash" if is_tiled(result) else "tide"
        ends = (f"{MINUS}{number(most)}", number(most))
        parts += [Words(0, top - 2, ends[0], 11, ink=QUIET), Shot(56, top, bar(colors, 96))]
        parts.append(Words(158, top - 2, ends[1], 11, ink=QUIET))
    top += 0 if result.reads_image else BAR_HEIGHT + 6
    parts += sheet.moved(0, top)
    return Canvas(max(sheet.width, 220), top + sheet.height, tuple(parts))


def _abreast(sheets: list[Canvas], gap: int = 24) -> Canvas:
    parts: list[Part] = []
    x = 0
    for sheet in sheets:
        parts += sheet.moved(x, 0)
        x += sheet.width + gap
    return Canvas(x - gap, max(sheet.height for sheet in sheets), tuple(parts))


def _head(result: Weights, wide: int) -> Canvas:
    parts: list[Part] = [Words(0, 0, result.layer, 18, is_bold=True)]
    y = 27.0
    for sentence in facts(result):
        said, high = paragraph(sentence, 0, y, wide, 12, INK)
        parts, y = [*parts, *said], y + high + 2
    return Canvas(wide, round(y), tuple(parts))


def _norms(result: Weights, wide: int, height: int = 44) -> Canvas:
    """The norm of every filter as a bar, in channel order: one that dominates stands out."""
    norms = np.nan_to_num(result.norm, posinf=0.0)
    top = float(norms.max(initial=0)) or 1.0
    step = min(12, max(1, wide // len(norms)))
    fits = norms[: wide // step]
    pixels = np.full((height, step * len(fits), 3), 255, np.uint8)
    for place, norm in enumerate(fits.tolist()):
        tall = round(height * norm / top)
        pixels[height - tall :, place * step : (place + 1) * step - (step > 2)] = 140
    parts: list[Part] = [
        Words(0, 0, f"Norm of each filter, in the order of channels; the tallest {number(top)}", 11,
              ink=QUIET),
        Shot(0, 18, pixels),
        Line(((0, 18 + height), (pixels.shape[1], 18 + height)), 1, QUIET),
    ]  # fmt: skip
    return Canvas(wide, height + 22, tuple(parts))
