"""The page of a layer: its header, its tools, its first cards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convscope.geometry.box import Box
from convscope.render.pages import write_page
from convscope.render.provenance import noun
from convscope.render.report.condition import kind_counts, kind_sentence
from convscope.render.report.photographs import image_name
from convscope.render.report.shard import layer_shard, script
from convscope.render.report.sheet import SHOWN, SheetShape
from convscope.render.report.site import Site
from convscope.render.report.survey import LayerSurvey
from convscope.render.report.synthesized import scale_words
from convscope.render.report.tiles import LayerTiles
from convscope.render.words import TIMES
from convscope.storage import write_whole

FIRST = 48
"""Cards in the page itself; the rest come from its shard as one scrolls."""


@dataclass(frozen=True)
class Header:
    """The photograph at the head of a layer's page, with the field to scale."""

    image: str
    """File; empty where no channel of the layer fires."""
    label: str
    width: int
    height: int
    box: Box
    """Clipped to the image."""
    channel: int
    """Whose strongest patch it is."""


def layer_page(one: LayerSurvey) -> str:
    """Where a layer's page lies."""
    return f"layer/{one.layer.slug}.html"


def write_layer(out: Path, site: Site, one: LayerSurvey, tiles: LayerTiles, filters: str) -> None:
    """Write a layer's page and its shard."""
    cards = site.cards[one.layer.number]
    first = [cards[channel] for channel in one.order[:FIRST]]
    rest = [cards[channel] for channel in one.order[FIRST:]]
    share = np.asarray(one.units.fired_cells, np.float64)
    drawn = site.drawn.get(one.layer.number)
    write_page(
        out, layer_page(one), "layer.html", site, one=one, first=first, rest=rest,
        header=header(site, one), plate=plate(one), kinds=kind_counts(one.conditions),
        kind_sentence=kind_sentence(one.conditions),
        filters=filters, median=float(np.median(np.nan_to_num(share))) if len(share) else 0.0,
        neighbours=site.neighbours(one.layer), scale=scale(one), drawn=drawn,
        drawn_scale="" if drawn is None else scale_words(drawn),
        noun=noun(site.survey.atlas.manifest),
    )  # fmt: skip
    ranks = site.state.extent.ranks
    shard = layer_shard(one, list(cards), tiles, site.labels, ranks, drawn)
    shard["filters"] = filters
    number = one.layer.number
    write_whole(out / f"data/{number:03d}.js", script("layer", number, shard))


def header(site: Site, one: LayerSurvey) -> Header:
    """The strongest image of the most telling channel."""
    height, width = site.survey.atlas.preprocessing.size
    channel = int(one.order[0])
    image = int(one.top.image[channel, 0])
    if image < 0:
        return Header("", "", width, height, Box(0, 0, 0, 0), channel)
    box = one.box(channel, 1)
    label = site.labels.get(image, "")
    return Header(image_name(image), label, width, height, box.clip(height, width), channel)


def plate(one: LayerSurvey) -> tuple[int, int]:
    """Width and height at which this layer's sheets are shown on cards of middle size."""
    height, width = SheetShape(SHOWN, 1, one.shape.across).size
    return width, height


def scale(one: LayerSurvey) -> str:
    """How large the pictures are beside the pixels they show."""
    side, kept, factor = max(one.frame), one.shape.field, one.shape.factor
    size = f"A tile is {one.frame[0]} {TIMES} {one.frame[1]} pixels of the network's input"
    how = f"averaged down to {kept}" if kept < side else "each kept"
    large = f", enlarged {factor} times" if factor > 1 else ""
    return (
        f"{size}, {how}{large}. Every projection has its own gain, so brightness does not compare "
        "between tiles; the full scale of each stands on its channel's page."
    )
