"""Which channels are not simply live, and the words for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convscope.render.words import count, percent
from convscope.results.layer import Layer

RARE = 0.01
"""A channel that fires on a smaller share of the images is rare."""
KINDS = ("live", "dead", "rare", "constant", "border", "non-finite")


@dataclass(frozen=True)
class Health:
    """How a channel is, and why it shows fewer pictures than others."""

    kind: str
    """One of KINDS; live has no badge."""
    badge: str = ""
    peak: str = ""
    """Instead of the peak, where there is none."""
    chip: str = ""
    """Said on the empty plate."""
    foot: str = ""
    """Said under the plate before the classes."""


def healths(layer: Layer, units: Any, top: Any, images: int) -> tuple[Health, ...]:
    """The health of every channel of a layer, seen through so many images."""
    return tuple(_health(layer, units, top, images, channel) for channel in range(layer.channels))


def _health(layer: Layer, units: Any, top: Any, images: int, channel: int) -> Health:
    status = str(units.status[channel])
    shown = int((top.image[channel] >= 0).sum())
    if status == "dead":
        return Health("dead", "dead", "never above 0", f"no image of {images:,} fires it",
                      "Often a learning rate that was too high.")  # fmt: skip
    if status == "constant":
        return Health("constant", "constant", "", "constant: the same value everywhere",
                      "Driven by its bias, not by the image.")  # fmt: skip
    if status == "nonfinite":
        return Health("non-finite", "non-finite", "", "not a number on some images",
                      f"{count(int(units.nonfinite[channel]), 'value')} not finite")  # fmt: skip
    return _firing(layer, units, top, images, channel, shown)


def _firing(layer: Layer, units: Any, top: Any, images: int, channel: int, shown: int) -> Health:
    share = float(units.fired_images[channel])
    fires = f"fires on {round(share * images):,} of {images:,} images"
    if share < RARE and not layer.signed:
        return Health("rare", f"rare {percent(share)}", foot=fires)
    if shown < min(top.image.shape[1], images):
        return Health("live", foot=fires)
    edge = edge_cells(layer, top, channel)
    if shown and edge == shown and min(layer.height, layer.width) > 2:
        said = f"{edge} of {shown} strongest cells lie on the edge of the map"
        return Health("border", "border", foot=said)
    return Health("live")


def edge_cells(layer: Layer, top: Any, channel: int) -> int:
    """How many of a channel's strongest cells lie on the edge of its map."""
    y, x, drawn = top.y[channel], top.x[channel], top.image[channel] >= 0
    edge = (y == 0) | (x == 0) | (y == layer.height - 1) | (x == layer.width - 1)
    return int(np.sum(edge & drawn))


def kind_counts(found: Sequence[Health]) -> dict[str, int]:
    """How many channels of each kind there are, in the order of KINDS."""
    counts = Counter(one.kind for one in found)
    return {kind: counts[kind] for kind in KINDS if counts[kind]}


def kind_words(found: Sequence[Health]) -> str:
    """The same as a phrase.

    >>> kind_words([Health("live"), Health("dead"), Health("live")])
    '2 live, 1 dead'
    """
    return ", ".join(f"{amount:,} {kind}" for kind, amount in kind_counts(found).items())
