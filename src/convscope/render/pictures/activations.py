"""All maps of a layer on one image, with their scale, their numbers, and why some are blank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from convscope.render.canvas import Canvas, Part, Shot, Words, pixels_of
from convscope.render.jpeg import png
from convscope.render.lettering import INK, length
from convscope.render.picture import BAR_HEIGHT, fitted
from convscope.render.pictures.cells import cells_of
from convscope.render.pictures.map_options import MapOptions
from convscope.render.pictures.maps import MapScale, layer_scale, map_tile, scale_of
from convscope.render.pictures.says_activations import (
    FEW,
    LARGE_SQUARE,
    cell_size,
    facts,
    faint_channels,
    sentences,
)
from convscope.render.pictures.spread import spread_chart
from convscope.render.pictures.strongest import strongest
from convscope.render.plate import Plate, across, numbered
from convscope.render.resize import enlarge
from convscope.render.tile import Pixels
from convscope.render.typeset import paragraph

if TYPE_CHECKING:
    from convscope.results.activations import Activations

PHOTO = 112
NARROWEST = 560
BAR = 160
"""Width of the color bar."""
ROOM = 380
"""Width that the words of the head need beside the chart."""
CHIPS = {
    "not finite": ("not finite", "NaN"),
    "dead": ("dead",),
    "silent": ("silent",),
    "below zero": ("below zero", "< 0"),
    "constant": ("constant", "flat"),
    "faint": ("faint",),
}
"""What a blank tile is marked with, and shorter."""


def activations_png(result: Activations, options: MapOptions | None = None) -> bytes:
    """The grid of all maps as PNG bytes."""
    return png(pixels_of(activations_canvas(result, options)))


def activations_canvas(result: Activations, options: MapOptions | None = None) -> Canvas:
    """The same as a sheet, for PNG or SVG."""
    options = options or MapOptions()
    scale = layer_scale(result.maps, result.signed, options.gamma)
    if options.scale == "own":
        scale = MapScale(scale.top, options.gamma, result.signed, is_common=False)
    grid = _grid(result, options, scale)
    if not result.is_spatial:
        grid = abreast(grid, strongest(result))
    wide = max(grid.width, NARROWEST)
    chart = spread_chart(result) if result.is_spatial or len(result.maps) > FEW else None
    blocks = [_head(result, scale, wide, chart), grid, _foot(result, options, wide)]
    return below(blocks, wide)


def abreast(left: Canvas, right: Canvas, gap: int = 24) -> Canvas:
    """Two sheets beside each other."""
    parts = (*left.parts, *right.moved(left.width + gap, 0))
    return Canvas(left.width + gap + right.width, max(left.height, right.height), parts)


def below(blocks: Sequence[Canvas], width: int, gap: int = 10, margin: int = 12) -> Canvas:
    """Sheets below each other, in a margin."""
    parts: list[Part] = []
    y = margin
    for block in blocks:
        parts += block.moved(margin, y)
        y += block.height + gap
    return Canvas(width + 2 * margin, y - gap + margin, tuple(parts))


def _grid(result: Activations, options: MapOptions, common: MapScale) -> Canvas:
    maps = result.maps
    factor, less = cell_size(*maps.shape[1:])
    factor = factor if result.is_spatial or len(maps) > FEW else LARGE_SQUARE
    small = cells_of(maps, less)
    height, width = (side * factor for side in small.shape[1:])
    columns = across(len(maps), height, width)
    plate = Plate(len(maps), height, width, columns, 1 if height < 48 else 2)

    def tile(channel: int) -> Pixels:
        own = options.scale == "own"
        scale = scale_of(maps, channel, result.signed, options) if own else common
        pixels = map_tile(small[channel], scale)
        return np.ascontiguousarray(enlarge(pixels.transpose(2, 0, 1), factor).transpose(1, 2, 0))

    rows = [f"{first:,}" for first in range(0, len(maps), columns)]
    names = [f"+{i}" for i in range(columns)] if len(rows) > 1 else list(map(str, range(columns)))
    if len(rows) == 1:
        rows = [" "]
    chips = _chips(result, options, plate) if result.is_spatial else []
    return numbered(plate, plate.laid(tile), rows, names, chips)


def _chips(result: Activations, options: MapOptions, plate: Plate) -> list[Words]:
    kinds = {channel: kind for (channel, _), kind in zip(result.blank, result.kinds, strict=True)}
    kinds |= dict.fromkeys(faint_channels(result, options), "faint")
    return [_chip(kind, plate, channel) for channel, kind in kinds.items()]


def _chip(kind: str, plate: Plate, channel: int) -> Words:
    fits = (word for word in CHIPS[kind] if length(word, 9) + 8 <= plate.width)
    y, x = plate.corner(channel)
    word = next(fits, CHIPS[kind][-1])
    return Words(x + 4, y + plate.height - 13, word, 9, is_chip=True)


def _head(result: Activations, scale: MapScale, wide: int, chart: Canvas | None) -> Canvas:
    """The photograph, what the maps are, the color bar, and how the values are spread."""
    photo = fitted(result.shown, PHOTO)
    left = photo.shape[1] + 12
    is_beside = chart is not None and wide - left - chart.width >= ROOM
    room = wide - left - (chart.width + 24 if chart and is_beside else 0)
    parts: list[Part] = [Shot(0, 0, photo), Words(left, 0, result.layer, 18, is_bold=True)]
    y = 27.0
    for sentence in facts(result):
        said, high = paragraph(sentence, left, y, room, 12, INK)
        parts, y = [*parts, *said], y + high + 2
    y = max(y + 6, photo.shape[0] - 24.0)
    parts += _bar(scale, left, y)
    y = max(y + 24, photo.shape[0])
    if chart is not None:
        parts += chart.moved(wide - chart.width if is_beside else 0, 0 if is_beside else y + 8)
        y = max(y, chart.height) if is_beside else y + 8 + chart.height
    return Canvas(wide, round(y), tuple(parts))


def _bar(scale: MapScale, left: float, y: float) -> list[Part]:
    """The color bar: the value rises evenly along it, in the colors that gamma gives it."""
    values = np.linspace(-1 if scale.signed else 0, 1, BAR)
    row = map_tile(values[None], MapScale(1.0, scale.gamma, scale.signed))
    low, high = scale.ends
    x = left + (length(low, 11) + 6 if low else 0)
    parts: list[Part] = [
        Words(left, y - 2, low, 11),
        Shot(x, y, np.ascontiguousarray(np.repeat(row, BAR_HEIGHT, axis=0))),
        Words(x + BAR + 6, y - 2, high, 11),
    ]
    middle = [Words(x + BAR / 2 - 3, y + BAR_HEIGHT, "0", 11)] if scale.signed else []
    return [*parts, *middle]


def _foot(result: Activations, options: MapOptions, wide: int) -> Canvas:
    parts: list[Part] = []
    y = 0.0
    for sentence in sentences(result, options):
        said, high = paragraph(sentence, 0, y, wide, 11)
        parts, y = [*parts, *said], y + high + 3
    return Canvas(wide, round(y), tuple(parts))
