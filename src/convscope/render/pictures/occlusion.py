"""An occlusion sweep as the row of five panels of the paper.

Source: Zeiler & Fergus 2013, Fig. 7: (a) the image with the square, (b) the strongest feature map's
summed activation for each place of the square, (c) that map projected to the pixels, with patches,
(d) the probability of the class, (e) the most probable class. (b) and (d) are shown as changes
against the uncovered image, so that a square that raises a class is seen to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.luts import GROUND
from convscope.color.paint import paint_signed
from convscope.geometry.box import Box
from convscope.render.picture import SMALL, Picture, Reading, Scale, fitted
from convscope.render.pictures.attribution import signed_pixels
from convscope.render.pictures.label_map import label_map
from convscope.render.pictures.placed import Placing, placing
from convscope.render.resize import square
from convscope.render.row import row_png
from convscope.render.tile import Pixels, as_color
from convscope.render.words import TIMES, in_words, number, percent
from convscope.results.projection import framed

if TYPE_CHECKING:
    from convscope.results.occlusion import Occlusion

SIGNS = "Covering a square can raise a class, too: yellow is up, blue is down, grey is no change."
PATCH = 43
"""Side of the patches in a row below the projection, strongest first."""


def occlusion_png(result: Occlusion) -> bytes:
    """The row of five panels, with what must be said.

    >>> occlusion_png.__name__
    'occlusion_png'
    """
    words = f"{result.target}. {SIGNS} {result.note}"
    return row_png(occlusion_pictures(result), words.strip())


def occlusion_pictures(result: Occlusion, side: int = SMALL) -> tuple[Picture, ...]:
    """Panels (a) to (e); without (e) where the network has no classes."""
    covered = fitted(result.covered, side)
    place = placing(
        _middles(result),
        result.stride,
        (result.shown.shape[0], result.shown.shape[1]),
        (covered.shape[0], covered.shape[1]),
    )
    made = (
        _covered(result, covered),
        _summed(result, place),
        _projected(result, covered.shape[0]),
        _asked(result, place),
    )
    return (*made, _labelled(result, place)) if result.has_classes else made


def _middles(result: Occlusion) -> tuple[NDArray[Any], NDArray[Any]]:
    """Where the squares' middles lie: a square of even size has it between two pixels."""
    y, x = ((size % 2 - 1) / 2 for size in result.size)
    return result.centers_y + y, result.centers_x + x


def _covered(result: Occlusion, pixels: Pixels) -> Picture:
    high, wide = result.size
    what = "the unit" if result.target_number < 0 else "the score"
    measure = f"{high} {TIMES} {wide} px, every {_every(result.stride)} px"
    lowers = bool(result.values.size) and float(result.values.min()) < result.base_value
    where = "lowers {} most" if lowers else "raises {} least"
    says = f"The image with the square where it {where.format(result.target)}"
    return Picture("The square", pixels, f"{measure}; here where it {where.format(what)}", says)


def _every(stride: tuple[int, int]) -> str:
    return f"{stride[0]}" if stride[0] == stride[1] else f"{stride[0]}, {stride[1]}"


def _summed(result: Occlusion, place: Placing) -> Picture:
    base = result.base_unit_sum
    words = f"{result.unit}, sum {number(base)} uncovered"
    unit = f"change of the sum of {result.unit}"
    return _read(changed("Strongest map", result.unit_sums - base, place, words, unit), result)


def _asked(result: Occlusion, place: Placing) -> Picture:
    """The class's probability, or the unit's value where a unit was asked about."""
    if result.target_number < 0 or not result.has_classes:
        base = f"{result.target}, {number(result.base_value)} uncovered"
        change = result.values - result.base_value
        made = changed("Activation", change, place, base, f"change of {result.target}")
        return _read(made, result)
    base = f"{result.target}, {percent(result.base_probability)} uncovered; in points"
    change = 100 * (result.probabilities - result.base_probability)
    return _read(changed("Probability", change, place, base, "points"), result)


def _read(picture: Picture, result: Occlusion) -> Picture:
    """The picture, knowing which square each of its values belongs to."""
    if picture.reading is None:
        return picture
    height, width = result.shown.shape[:2]
    tops = tuple((y - result.size[0] // 2) / height for y in result.centers_y.tolist())
    lefts = tuple((x - result.size[1] // 2) / width for x in result.centers_x.tolist())
    size = result.size[0] / height, result.size[1] / width
    return replace(picture, reading=replace(picture.reading, fields=(tops, lefts, size)))


def changed(name: str, change: NDArray[Any], place: Placing, measure: str, unit: str) -> Picture:
    """A map of changes in tide, its ends as far as the largest change; zero is the ground."""
    limit = float(np.abs(np.nan_to_num(change)).max(initial=0.0))
    pixels = place.paint(paint_signed(change, limit))
    ends = Scale("tide", f"−{number(limit)}", f"+{number(limit)}", "0") if limit else None
    low, high = float(change.min()), float(change.max())
    says = f"{measure}; covering changes it by {number(low)} to {number(high)}"
    measure = measure if limit else f"{measure}; nothing changes it"
    reading = Reading(change.astype(np.float32), place.box, unit)
    return Picture(name, pixels, measure, says, ends, reading=reading)


def _projected(result: Occlusion, side: int) -> Picture:
    """The strongest map's projection, and below it its strongest patches in the data."""
    patches = result.patches[: (side + 2) // (PATCH + 2)]
    tall = side if not len(patches) else side - PATCH - 2
    pixels, scale = signed_pixels(square(framed(result.projection, Box(*result.frame))), tall)
    picture = np.full((side, side, 3), GROUND, np.uint8)
    small = pixels.shape[0]
    y, x = (tall - small) // 2, (side - small) // 2
    picture[y : y + small, x : x + small] = pixels
    for place, patch in enumerate(patches):
        left = place * (PATCH + 2)
        picture[side - PATCH :, left : left + PATCH] = _thumb(patch)
    below = f"below, its {in_words(len(patches))} strongest patches" if len(patches) else ""
    measure = "; ".join(part for part in (scale, below) if part)
    return Picture("Its projection", picture, measure, f"What excited {result.unit}, {measure}")


def _thumb(patch: Pixels) -> Pixels:
    whole = square(as_color(patch).transpose(2, 0, 1), fill=GROUND).transpose(1, 2, 0)
    small = fitted(whole, PATCH)
    out = np.full((PATCH, PATCH, 3), GROUND, np.uint8)
    y, x = (PATCH - small.shape[0]) // 2, (PATCH - small.shape[1]) // 2
    out[y : y + small.shape[0], x : x + small.shape[1]] = small
    return out


def _labelled(result: Occlusion, place: Placing) -> Picture:
    names = dict(result.classes)
    made = label_map(result.label_map, result.answer, names, place)
    others = len(made.legend) - 1
    measure = "what the network says" if others else "the answer never changes"
    said = "; ".join(f"{entry.name} {entry.measure}" for entry in made.legend)
    says = f"Most probable class while a square is covered: {said}"
    return Picture("Label", made.pixels, measure, says, None, made.letters, made.legend)
