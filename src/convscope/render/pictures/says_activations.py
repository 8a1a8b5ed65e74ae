"""What is said with the maps of a layer: only what was computed, with the scale and the blanks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from convscope.render.pictures.map_options import MapOptions
from convscope.render.pictures.maps import faint, gamma_words, layer_scale
from convscope.render.plate import across
from convscope.render.words import TIMES, count, number
from convscope.results.caption import caption_lines

if TYPE_CHECKING:
    from convscope.results.activations import Activations


LEAST, MOST = 36, 128
"""Sides of tiles in pixels: smaller maps grow by whole factors, larger ones are averaged."""

SQUARE, LARGE_SQUARE, FEW = 12, 24, 100
"""Side of the square that stands for a unit without a map; larger where there are few."""

FAINT_SAID = "Not blank, only faint next to its neighbors. Its own scale (--scale own) shows it."
FAINT_MANY = "Not blank, only faint next to the others. Their own scale (--scale own) shows them."


def cell_size(height: int, width: int) -> tuple[int, int]:
    """How a map of cells becomes a tile: the factor it grows by, or the side of averaged squares.

    >>> cell_size(13, 13), cell_size(55, 55), cell_size(224, 224), cell_size(1, 1)
    ((3, 1), (1, 1), (1, 2), (12, 1))
    """
    if height * width == 1:
        return SQUARE, 1
    if max(height, width) > MOST:
        return 1, -(-max(height, width) // MOST)
    return max(1, -(-LEAST // max(height, width))), 1


def facts(result: Activations) -> list[str]:
    """What the maps are: how many, how large, how much of them fires."""
    channels, height, width = result.maps.shape
    here = float(result.fired.mean())
    if not result.is_spatial:
        above = f"{round(here * channels):,} of them above zero here"
        return [f"{count(channels, 'value')}, no maps: a square each; {above}."]
    said = [f"{count(channels, 'map')} of {height} {TIMES} {width} cells, {_size(result)}."]
    said[0] += f" {_sees(result)}"
    fires = f"{'Above zero' if result.signed else 'Fires'} on {100 * here:.0f} % of cells here"
    if result.atlas_fired is not None:
        usual = 100 * float(result.atlas_fired.mean())
        fires += f", on {usual:.0f} % over the {result.atlas_images:,} images of the atlas"
    return [*said, f"{fires}."]


def _size(result: Activations) -> str:
    factor, less = cell_size(*result.maps.shape[1:])
    if less > 1:
        return f"means over {less} {TIMES} {less} cells shown"
    return "true size" if factor == 1 else f"shown {TIMES}{factor}"


def _sees(result: Activations) -> str:
    if result.field_status == "GLOBAL":
        return "Each cell sees the whole image."
    (height, stride, _), (width, _, _) = result.field
    return f"A cell sees {height} {TIMES} {width} px, one every {number(stride)} px."


def sentences(result: Activations, options: MapOptions, most: int = 6) -> list[str]:
    """What stands below them: how to read them, why some are blank, what made them."""
    said = ["A channel is the number at the left of its row plus the number above it."]
    if len(result.maps) <= across(len(result.maps), *result.maps.shape[1:]):
        said = []
    said.append(_says_scale(result, options))
    if result.note:
        said.append(result.note)
    if result.is_spatial:
        said += [f"Channel {channel:,}: {reason}" for channel, reason in result.blank[:most]]
        if len(result.blank) > most:
            said.append(f"And {len(result.blank) - most:,} more; the saved result has them all.")
        said += _faint_said(faint_channels(result, options))
    said.append(" ".join(caption_lines(result.caption)))
    return [*said, _made(result)]


def faint_channels(result: Activations, options: MapOptions | None = None) -> list[int]:
    """Channels that are not blank, but look so on the layer's scale."""
    options = options or MapOptions()
    if options.scale == "own":
        return []
    found = faint(result.maps, layer_scale(result.maps, result.signed, options.gamma))
    found[[channel for channel, _ in result.blank]] = False
    return list(map(int, np.flatnonzero(found)))


def _faint_said(channels: Sequence[int], most: int = 12) -> list[str]:
    which = ", ".join(f"{channel:,}" for channel in channels[:most])
    more = f" and {len(channels) - most} more" if len(channels) > most else ""
    if len(channels) == 1:
        return [f"Channel {which}: {FAINT_SAID}"]
    return [f"Channels {which}{more}: {FAINT_MANY}"] if channels else []


def _says_scale(result: Activations, options: MapOptions) -> str:
    zero = "Grey is zero" if result.signed else "Black is zero"
    gamma = gamma_words(options.gamma).removeprefix(", ")
    toned = f"; brightness is drawn with {gamma}" if gamma else ""
    if options.scale == "own":
        return f"{zero}. Each map to its own scale, so brightness does not compare{toned}."
    return (
        f"{zero}. One scale for the layer, up to the 98th percentile of the maps' maxima, so "
        f"brightness compares{toned}."
    )


def _made(result: Activations) -> str:
    made = result.provenance
    weights = str(made.get("weights", ""))[:8]
    return f"{made.get('network', '')}, weights {weights or 'unnamed'}, image {made.get('image')}."
