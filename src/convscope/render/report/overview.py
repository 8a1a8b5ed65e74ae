"""The overview: every group of layers with its most telling channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convscope.render.chart import Chart, activity
from convscope.render.health.words import sentences
from convscope.render.jpeg import jpeg
from convscope.render.pages import write_page
from convscope.render.provenance import noun
from convscope.render.report.condition import kind_counts, kind_sentence
from convscope.render.report.group import Group
from convscope.render.report.site import Site
from convscope.render.report.synthesized import drawn_sentence
from convscope.render.report.telling import RULE
from convscope.render.report.tiles import LayerTiles
from convscope.render.strip import Pair, pairs, strip
from convscope.render.words import TIMES, count
from convscope.storage import write_whole

FULL_ROWS = 24
"""With more groups than this, only the last before cells move apart keeps its strip."""


@dataclass(frozen=True)
class Row:
    """One group on the overview."""

    group: Group
    pairs: tuple[Pair, ...]
    file: str
    chart: Chart
    maps: str
    sees: str
    waiting: str
    """Said on the strip while its projections are being drawn."""
    is_line: bool
    """Whether it is drawn as one line, without its strip."""


def write_overview(out: Path, site: Site, tiles: Mapping[int, LayerTiles]) -> None:
    """Write ``index.html`` and the strips it shows."""
    rows = [_row(out, site, place, tiles) for place in range(len(site.groups))]
    verdict = sentences(site.health.headline) if site.health else ()
    write_page(out, "index.html", "index.html", site, rows=rows, rule=RULE, lead=lead(site),
               kinds=kind_sentence(site.survey.conditions), firing=firing(site),
               verdict=verdict,
               drawn=drawn_sentence(site.drawn, noun(site.survey.atlas.manifest)))  # fmt: skip


def _row(out: Path, site: Site, place: int, tiles: Mapping[int, LayerTiles]) -> Row:
    group = site.groups[place]
    surveys = [site.survey.of(layer) for layer in group.layers]
    chosen = pairs([one for one in surveys if site.state.has_pictures(one)])
    name = f"img/strip-{group.layers[0].number:03d}.jpg"
    if chosen:
        write_whole(out / name, jpeg(strip(chosen, tiles), site.made.options.quality))
    share = np.concatenate([np.asarray(one.units.fired_cells, np.float64) for one in surveys])
    dead = np.array(["dead" in found.kinds for one in surveys for found in one.conditions])
    chart = activity(np.nan_to_num(share), dead)
    waiting = site.state.waiting_of(surveys)
    return Row(
        group, chosen, name, chart, _maps(group), _sees(group), waiting, _is_line(site, place)
    )


def _is_line(site: Site, place: int) -> bool:
    after = site.groups[place + 1].layers[0].number if place + 1 < len(site.groups) else None
    return len(site.groups) > FULL_ROWS and after is not None and after not in site.spacing


def _maps(group: Group) -> str:
    sizes = {(layer.height, layer.width) for layer in group.layers}
    if len(sizes) > 1 or not group.last.is_spatial:
        return count(group.channels, "channel")
    return f"{count(group.channels, 'map')} of {group.last.height} {TIMES} {group.last.width}"


def _sees(group: Group) -> str:
    if group.last.field.status == "GLOBAL":
        return "each sees the whole image"
    sizes = sorted({layer.field.y.size for layer in group.layers if layer.field.status != "GLOBAL"})
    return f"each cell sees {' or '.join(str(size) for size in sizes)} px"


def firing(site: Site) -> str:
    """The atlas calls live what the pages divide further; empty where both say the same."""
    status = [np.asarray(one.units.status, str) == "live" for one in site.survey.layers]
    live = int(np.concatenate(status).sum())
    if live == kind_counts(site.survey.conditions).get("live", 0):
        return ""
    return f"The atlas counts {live:,} live: all that fire and vary."


@dataclass(frozen=True)
class Lead:
    """What the first sentence of the overview counts."""

    layers: str
    channels: str
    least: int
    most: int
    never: int
    where: str
    """The layer that holds most of the channels that never fired."""
    there: int


def lead(site: Site) -> Lead:
    """Count for the first sentence."""
    layers = [one.layer for one in site.survey.layers]
    seen = [layer.field.y.size for layer in layers if layer.field.status != "GLOBAL"] or [0]
    dead = {layer: site.dead(layer) for layer in layers}
    worst = max(layers, key=lambda layer: dead[layer])
    return Lead(count(len(layers), "layer"), count(site.survey.channels, "channel"), min(seen),
                max(seen), sum(dead.values()), worst.name, dead[worst])  # fmt: skip
