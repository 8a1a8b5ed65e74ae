"""Pictures that only a comparison shows: one unit's map, groups of patches, one unit's filter."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND
from convscope.geometry.box import Box
from convscope.render.gain import nothing_clipped, paint
from convscope.render.picture import SIDE, Picture, Reading, Scale, fitted
from convscope.render.pictures.attribution import signed
from convscope.render.pictures.maps import layer_scale, map_tile, own_scale
from convscope.render.pictures.says_synthesis import WEAKER, score_words
from convscope.render.resize import enlarge, resize, square, within
from convscope.render.tile import Pixels, as_color
from convscope.render.words import MINUS, TIMES, number

TILE, GAP = 48, 2
"""Patches of a group: three by three make 148 pixels, and three groups a panel."""
GROUPS = {"strongest": "Strongest patches", "median": "Around the median", "weakest": "Weakest",
          "most negative": "Most negative"}  # fmt: skip


def activation_pictures(result: Any, terms: tuple[tuple[int, float], ...]) -> tuple[Picture, ...]:
    """The unit's map, each cell a square, beside all maps of its layer."""
    among = layer_picture(result, terms)
    return (unit_picture(result, terms), among) if result.is_spatial else (among,)


def unit_picture(result: Any, terms: tuple[tuple[int, float], ...]) -> Picture:
    """One unit's map to its own scale; of a direction, the sum of its channels' maps."""
    values = sum(np.float32(weight) * result.maps[channel] for channel, weight in terms)
    one = np.asarray(values, np.float32)
    is_signed = bool(result.signed or one.min(initial=0) < 0)
    scale = own_scale(one, is_signed, 1.0)
    name, size = unit_name(result.layer, terms), f"{one.shape[0]} {TIMES} {one.shape[1]} cells"
    pixels = _enlarged(map_tile(one, scale))
    low, middle = (f"{MINUS}{number(scale.top)}", "0") if is_signed else ("0", "")
    ends = Scale(scale.colors, low, number(scale.top), middle) if scale.top else None
    highest = np.unravel_index(np.nan_to_num(one, nan=-np.inf).argmax(), one.shape)
    says = (
        f"Map of {name}, {size}, strongest {number(float(one[highest]))} at cell "
        f"({highest[0]}, {highest[1]})"
    )
    box = (0.0, 0.0, float(pixels.shape[0]), float(pixels.shape[1]))
    reading = Reading(one, box, "activation", _fields(result))
    return Picture("Activation", pixels, size, says, ends, reading=reading)


def layer_picture(result: Any, terms: tuple[tuple[int, float], ...]) -> Picture:
    """All maps of the layer to one scale, the unit's ringed."""
    maps = result.maps
    scale = layer_scale(maps, result.signed)
    tile, columns = tile_of(len(maps), SIDE)
    small = within(maps, tile)
    plate, step = _tiled([map_tile(one, scale) for one in small], columns)
    low, high = scale.ends
    says = f"All {len(maps):,} maps of {result.layer} to one scale, up to {high}"
    ends = Scale(scale.colors, low, high) if scale.top else None
    measure = f"{len(maps):,} maps" if result.is_spatial else f"{len(maps):,} values"
    return Picture("Its layer", plate, measure, says, ends, box=_ring(terms, columns, step))


def tile_of(count: int, side: int) -> tuple[int, int]:
    """The largest tile of which so many fit into a square, and how many lie in a row.

    >>> tile_of(96, 227)
    (21, 10)
    """
    for tile in range(side, 1, -1):
        columns = (side + 1) // (tile + 1)
        if columns * columns >= count:
            return tile, columns
    return 1, (side + 1) // 2


def _tiled(tiles: Sequence[Pixels], columns: int) -> tuple[Pixels, tuple[int, int]]:
    """Tiles of one size in rows with hairlines of ground, and the steps from one to the next."""
    high, wide = tiles[0].shape[0] + 1, tiles[0].shape[1] + 1
    rows = -(-len(tiles) // columns)
    plate = np.full((rows * high - 1, columns * wide - 1, 3), GROUND, np.uint8)
    for place, tile in enumerate(tiles):
        y, x = (place // columns) * high, (place % columns) * wide
        plate[y : y + high - 1, x : x + wide - 1] = tile
    return plate, (high, wide)


def _ring(terms: tuple[tuple[int, float], ...], columns: int, step: tuple[int, int]) -> Box | None:
    """Round the unit's tile; a direction has none of its own."""
    if len(terms) > 1:
        return None
    row, column = divmod(terms[0][0], columns)
    y, x = row * step[0], column * step[1]
    return Box(y, x, y + step[0] - 1, x + step[1] - 1)


def _fields(result: Any) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, float]]:
    """Where the fields of rows and columns begin, and how large they are, as shares."""
    height, width = result.shown.shape[:2]
    first = result.box((0, 0))
    tops = tuple(result.box((y, 0)).y0 / height for y in range(result.maps.shape[1]))
    lefts = tuple(result.box((0, x)).x0 / width for x in range(result.maps.shape[2]))
    return tops, lefts, (first.height / height, first.width / width)


def unit_name(layer: str, terms: tuple[tuple[int, float], ...]) -> str:
    """``layer:channel`` of a unit; of a direction its layer.

    >>> unit_name("relu3", ((5, 1.0),)), unit_name("relu3", ((5, 1.0), (6, 0.5)))
    ('relu3:5', 'a direction of relu3')
    """
    return f"{layer}:{terms[0][0]}" if len(terms) == 1 else f"a direction of {layer}"


def _enlarged(pixels: Pixels) -> Pixels:
    """A map's cells as squares, as large as fits."""
    height, width = pixels.shape[:2]
    if max(height, width) > SIDE:
        return fitted(pixels)
    planes = enlarge(pixels.transpose(2, 0, 1), SIDE // max(height, width))
    return np.ascontiguousarray(planes.transpose(1, 2, 0))


def _squared(pixels: Pixels) -> Pixels:
    return np.asarray(square(as_color(pixels).transpose(2, 0, 1), fill=GROUND).transpose(1, 2, 0))


def rank_pictures(result: Any) -> tuple[Picture, ...]:
    """Nine patches each: the strongest, those around the median, and the weakest."""
    groups = list(dict.fromkeys(result.groups))
    if "most negative" in groups and "weakest" in groups:
        groups.remove("weakest")
    return tuple(_group(result, group) for group in groups[:3])


def _group(result: Any, group: str) -> Picture:
    places = [i for i, name in enumerate(result.groups) if name == group][:9]
    values = [float(result.values[i]) for i in places]
    labels = dict.fromkeys(result.labels[i] for i in places if result.labels[i])
    measure = f"{number(values[0])} to {number(values[-1])}"
    named = f", from {', '.join(labels)}" if labels else ""
    says = f"{GROUPS[group]}, of {result.target}, {measure}{named}"
    return Picture(GROUPS[group], _plate(result.patches[places]), measure, says)


def _plate(patches: NDArray[np.uint8]) -> Pixels:
    side = 3 * TILE + 2 * GAP
    plate = np.full((side, side, 3), GROUND, np.uint8)
    for place, patch in enumerate(patches):
        y, x = (TILE + GAP) * (place // 3), (TILE + GAP) * (place % 3)
        planes = resize(_squared(patch).transpose(2, 0, 1), TILE)
        plate[y : y + TILE, x : x + TILE] = np.rint(planes).astype(np.uint8).transpose(1, 2, 0)
    return plate


def drawn_pictures(result: Any) -> tuple[Picture, ...]:
    """The synthesized picture of one unit; none where no start woke it."""
    if result.status[0] == "silent":
        return ()
    pixels, score = as_color(result.pictures[0]), float(result.score[0])
    factor = SIDE // max(pixels.shape[:2])
    said = f"score {score_words(score)}" if isfinite(score) else ""
    size = f"{TIMES}{factor}" if factor else "smaller"
    measure = ", ".join(part for part in (said, WEAKER if score < 1 else "", size) if part)
    says = f"Synthesized picture of {result.names[0]}" + (f", {said}" if said else "")
    return (Picture("Synthesis", _enlarged(pixels), measure, says),)


def weight_pictures(result: Any, terms: tuple[tuple[int, float], ...]) -> tuple[Picture, ...]:
    """The unit's filter in its own gain, beside all filters of its layer in one."""
    own = sum(np.float32(weight) * result.filters[channel] for channel, weight in terms)
    name = unit_name(result.layer, terms)
    return signed("Filter", np.asarray(own), f"Filter of {name}"), _filters(result, terms)


def _filters(result: Any, terms: tuple[tuple[int, float], ...]) -> Picture:
    tile, columns = tile_of(len(result.filters), SIDE)
    gain = nothing_clipped(result.filters)
    small = [paint(within(one, tile), gain) for one in result.filters]
    plate, step = _tiled(small, columns)
    scale = f"full scale ±{number(1 / gain)}" if gain else "zero everywhere"
    says = f"All {len(result.filters)} filters of {result.layer} in one gain, {scale}"
    ring = _ring(terms, columns, step)
    return Picture("Its layer", plate, f"{len(result.filters)} filters, {scale}", says, box=ring)
