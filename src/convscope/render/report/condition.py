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
KINDS = (
    *("live", "dead", "rare", "constant", "border", "non-finite"),
    *("duplicate", "always on", "saturated", "dominant", "collapsed"),
)
"""Those of the second line are the doctor's, and known only where it was asked."""
MEANINGS = {
    "live": "none of the others",
    "dead": "no image fires it",
    "rare": f"fires on fewer than {percent(RARE)} of the images",
    "constant": "one value everywhere",
    "border": "strongest only on the edge of its map, on the padding",
    "non-finite": "not a number somewhere",
    "duplicate": "like another channel of its layer",
    "always on": "above zero on nearly all cells",
    "saturated": "mostly at the bound of its activation",
    "dominant": "a filter far larger than its layer's others",
    "collapsed": "scaled to almost nothing by BatchNorm",
}
"""What each kind is, in a few words."""
EMPTY = frozenset(["dead", "constant", "non-finite"])
"""Kinds of channels that have nothing to show."""


@dataclass(frozen=True)
class Badge:
    """One thing to know of a channel."""

    kind: str
    """One of KINDS."""
    text: str
    """``rare 0.3 %``, ``twin of 41``."""
    twin: int | None = None
    """The channel that the text names."""

    @property
    def look(self) -> str:
        """The name of its style.

        >>> Badge("always on", "always on").look
        'always-on'
        """
        return self.kind.replace(" ", "-")


@dataclass(frozen=True)
class Condition:
    """How a channel is, and why it shows fewer pictures than others."""

    badges: tuple[Badge, ...] = ()
    """None: it is live."""
    peak: str = ""
    """Instead of the peak, where there is none."""
    chip: str = ""
    """Said on the empty plate."""
    foot: str = ""
    """Said under the plate before the classes."""
    told: str = ""
    """What the doctor says of it, in sentences."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind it is of, the gravest first."""
        return tuple(badge.kind for badge in self.badges) or ("live",)

    @property
    def look(self) -> str:
        """The name of its style: that of the gravest kind."""
        return self.kinds[0].replace(" ", "-")

    @property
    def is_empty(self) -> bool:
        """Whether it has nothing to show."""
        return self.kinds[0] in EMPTY


def conditions(layer: Layer, units: Any, top: Any, images: int) -> tuple[Condition, ...]:
    """The condition of every channel of a layer, seen through so many images."""
    return tuple(
        _condition(layer, units, top, images, channel) for channel in range(layer.channels)
    )


def _condition(layer: Layer, units: Any, top: Any, images: int, channel: int) -> Condition:
    status = str(units.status[channel])
    shown = int((top.image[channel] >= 0).sum())
    if status == "dead":
        return Condition(_one("dead"), "never above 0", f"no image of {images:,} fires it",
                         "Often a learning rate that was too high.")  # fmt: skip
    if status == "constant":
        return Condition(_one("constant"), "", "constant: the same value everywhere",
                         "Driven by its bias, not by the image.")  # fmt: skip
    if status == "nonfinite":
        return Condition(_one("non-finite"), "", "not a number on some images",
                         f"{count(int(units.nonfinite[channel]), 'value')} not finite")  # fmt: skip
    return _firing(layer, units, top, images, channel, shown)


def _firing(layer: Layer, units: Any, top: Any, images: int, channel: int, shown: int) -> Condition:
    share = float(units.fired_images[channel])
    fires = f"fires on {round(share * images):,} of {images:,} images"
    if share < RARE and not layer.signed:
        return Condition(_one("rare", f"rare {percent(share)}"), foot=fires)
    if shown < min(top.image.shape[1], images):
        return Condition(foot=fires)
    edge = edge_cells(layer, top, channel)
    if shown and edge == shown and min(layer.height, layer.width) > 2:
        said = f"{edge} of {shown} strongest cells lie on the edge of the map"
        return Condition(_one("border"), foot=said)
    return Condition()


def _one(kind: str, text: str = "") -> tuple[Badge, ...]:
    return (Badge(kind, text or kind),)


def edge_cells(layer: Layer, top: Any, channel: int) -> int:
    """How many of a channel's strongest cells lie on the edge of its map."""
    y, x, drawn = top.y[channel], top.x[channel], top.image[channel] >= 0
    edge = (y == 0) | (x == 0) | (y == layer.height - 1) | (x == layer.width - 1)
    return int(np.sum(edge & drawn))


def kind_counts(found: Sequence[Condition]) -> dict[str, int]:
    """How many channels of each kind there are, in the order of KINDS; one may be of several."""
    counts = Counter(kind for one in found for kind in one.kinds)
    known = (*KINDS, *sorted(set(counts) - set(KINDS)))
    return {kind: counts[kind] for kind in known if counts[kind]}


def kind_words(found: Sequence[Condition]) -> str:
    """The same as a phrase.

    >>> dead = Condition((Badge("dead", "dead"),))
    >>> kind_words([Condition(), dead, Condition()])
    '2 live, 1 dead'
    """
    return ", ".join(f"{amount:,} {kind}" for kind, amount in kind_counts(found).items())


def kind_sentence(found: Sequence[Condition]) -> str:
    """The same with what each kind is.

    >>> dead = Condition((Badge("dead", "dead"),))
    >>> kind_sentence([Condition(), dead, Condition()])
    '2 live (none of the others), 1 dead (no image fires it)'
    """
    counts = kind_counts(found)
    if set(counts) == {"live"}:
        return kind_words(found)
    said = {kind: f" ({MEANINGS[kind]})" if kind in MEANINGS else "" for kind in counts}
    return ", ".join(f"{amount:,} {kind}{said[kind]}" for kind, amount in counts.items())
