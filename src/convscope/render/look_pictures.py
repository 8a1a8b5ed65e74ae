"""Pictures that only a comparison shows: one unit's map, groups of patches, one unit's filter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND
from convscope.render.maps import map_tile, own_scale
from convscope.render.picture import SIDE, Picture, Reading, Scale, fitted
from convscope.render.picture_attribution import signed
from convscope.render.resize import enlarge, resize, square
from convscope.render.tile import Pixels, as_color, cut
from convscope.render.words import TIMES, number

TILE, GAP = 48, 2
"""Patches of a group: three by three make 148 pixels, and three groups a panel."""
GROUPS = {"strongest": "Strongest", "median": "Around the median", "weakest": "Weakest",
          "most negative": "Most negative"}  # fmt: skip


def activation_pictures(result: Any, terms: tuple[tuple[int, float], ...]) -> tuple[Picture, ...]:
    """The unit's map, each cell a square, and the patch of its strongest cell."""
    values = sum(np.float32(weight) * result.maps[channel] for channel, weight in terms)
    one = np.asarray(values, np.float32)
    is_signed = bool(result.signed or one.min(initial=0) < 0)
    scale = own_scale(one, is_signed, 1.0)
    name = unit_name(result.layer, terms)
    highest = float(np.nan_to_num(one).max())
    cell = divmod(int(np.nan_to_num(one, nan=-np.inf).argmax()), one.shape[1])
    pixels = _enlarged(map_tile(one, scale))
    size = f"{one.shape[0]} {TIMES} {one.shape[1]} cells"
    ends = Scale(scale.colors, f"−{number(scale.top)}" if is_signed else "0", number(scale.top),
                 "0" if is_signed else "")  # fmt: skip
    box = (0.0, 0.0, float(pixels.shape[0]), float(pixels.shape[1]))
    says = f"Map of {name}, {size}, strongest {number(highest)} at cell {cell}"
    shown = ends if scale.top else None
    made = Picture(
        "Activation",
        pixels,
        size,
        says,
        shown,
        reading=Reading(one, box, "activation", _fields(result)),
    )
    return (made, _patch(result, cell, name)) if highest > 0 else (made,)


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


def _patch(result: Any, cell: tuple[int, int], name: str) -> Picture:
    frame = result.box(cell)
    pixels = fitted(_squared(cut(result.shown, frame)))
    size = f"{frame.height} {TIMES} {frame.width} px"
    says = f"The patch that the strongest cell of {name} sees, {size}"
    return Picture("What its strongest cell sees", pixels, size, says)


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
    says = f"{GROUPS[group]} patches of {result.target}, {measure}{named}"
    return Picture(GROUPS[group], _plate(result.patches[places]), measure, says)


def _plate(patches: NDArray[np.uint8]) -> Pixels:
    side = 3 * TILE + 2 * GAP
    plate = np.full((side, side, 3), GROUND, np.uint8)
    for place, patch in enumerate(patches):
        y, x = (TILE + GAP) * (place // 3), (TILE + GAP) * (place % 3)
        planes = resize(_squared(patch).transpose(2, 0, 1), TILE)
        plate[y : y + TILE, x : x + TILE] = np.rint(planes).astype(np.uint8).transpose(1, 2, 0)
    return plate


def weight_pictures(result: Any) -> tuple[Picture, ...]:
    """All filters of a first layer, each in its own gain."""
    filters = np.asarray(result.filters)
    made = signed("Filters", filters[0], f"Filters of {result.layer}")
    return (made,)
