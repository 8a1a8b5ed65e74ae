"""Sheets and pages from the tiles on disk, as many as fit."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from convscope.progress import Progress
from convscope.render.filters import filter_sheet
from convscope.render.health.numbers import digest
from convscope.render.health.page import write_health
from convscope.render.jpeg import jpeg, png
from convscope.render.pages import write_page, write_static
from convscope.render.provenance import class_names, provenance
from convscope.render.report.card import Labels, sheet_name
from convscope.render.report.command import named
from convscope.render.report.extent import Extent, estimate, extents, folder_bytes, left_out
from convscope.render.report.folder import seal
from convscope.render.report.index import index_shard
from convscope.render.report.layer_page import write_layer
from convscope.render.report.options import Report, ReportOptions
from convscope.render.report.overview import write_overview
from convscope.render.report.photographs import image_name, used_images
from convscope.render.report.scratch import Scratch
from convscope.render.report.shard import images_shard, script
from convscope.render.report.site import Site, site
from convscope.render.report.state import state
from convscope.render.report.survey import LayerSurvey, Survey
from convscope.render.report.synthesized import remove_drawn, write_drawn
from convscope.render.report.tiles import LayerTiles, layer_tiles
from convscope.results.health import Health
from convscope.storage import write_whole

Filters = Mapping[int, NDArray[Any]]
Tiles = Mapping[int, LayerTiles]
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Work:
    """A report being made."""

    survey: Survey
    out: Path
    scratch: Scratch
    options: ReportOptions
    filters: Filters
    progress: Progress
    health: Health | None = None


def finish(work: Work) -> Report:
    """Write what there is; once it is complete, the work in progress is removed."""
    tiles = {one.layer.number: layer_tiles(one, work.scratch) for one in work.survey.layers}
    drawn = write_drawn(work.survey, work.out)
    extent = _fit(work, tiles, sum(one.bytes for one in drawn.values()))
    said = left_out(work.survey, extent, work.options.max_mb, has_drawn=bool(drawn))
    if not extent.drawn:
        remove_drawn(work.out)
        drawn = {}
    now = state(work.survey, work.scratch, extent, said)
    if now.complete:
        _drop_images(work, extent)
    made = named(provenance(work.survey.atlas, work.options), work.survey.atlas, work.out)
    labels = _labels(work, extent)
    pages = site(work.survey, now, made, labels, work.scratch, drawn)
    _write_pages(work, replace(pages, health=work.health), tiles)
    report = Report(work.out, now.complete, work.survey.channels, extent.ranks, said,
                    folder_bytes(work.out))  # fmt: skip
    seal(work.survey.atlas, work.out, work.options, report, digest(work.health))
    return report


def _fit(work: Work, tiles: Tiles, drawn: int) -> Extent:
    """Write the sheets of the largest extent that stays under the limit."""
    limit, quality = work.options.max_mb * MEGABYTE, work.options.quality
    tried = None
    for extent in extents(work.survey, tiles, quality, drawn):
        tried = extent
        if estimate(work.survey, tiles, extent, work.out, quality) > limit:
            continue
        if _write_sheets(work, tiles, extent) <= limit:
            return extent
    if tried is None or not _sheets_written(work, tried):
        tried = tried or Extent(work.survey.ranks, frozenset(tiles))
        _write_sheets(work, tiles, tried)
    return tried


def _sheets_written(work: Work, extent: Extent) -> bool:
    return all((work.out / f"tiles/{number:03d}").is_dir() for number in extent.layers)


def _write_sheets(work: Work, tiles: Tiles, extent: Extent) -> float:
    """Write every sheet; returns the bytes the report will take."""
    shutil.rmtree(work.out / "tiles", ignore_errors=True)
    total, done, size = work.survey.channels, 0, 0
    for number, some in tiles.items():
        for channel in range(some.one.layer.channels):
            if number in extent.layers and (some.one.top.image[channel] >= 0).any():
                name = work.out / sheet_name(number, channel)
                size += write_whole(
                    name, jpeg(some.sheet(channel, extent.ranks), work.options.quality)
                )
        done += some.one.layer.channels
        work.progress(done, total, "writing sheets")
    rest = Extent(extent.ranks, frozenset(), extent.drawn)
    return size + estimate(work.survey, {}, rest, work.out, 0)


def _drop_images(work: Work, extent: Extent) -> None:
    kept = {work.out / image_name(number) for number in used_images(work.survey, extent.ranks)}
    for path in (work.out / "img").glob("[0-9]*.jpg"):
        if path not in kept:
            path.unlink()


def _labels(work: Work, extent: Extent) -> Labels:
    used = used_images(work.survey, extent.ranks)
    atlas, names = work.survey.atlas, class_names(work.survey.atlas)
    labels = {number: str(atlas.image(number).label or "") for number in used}
    return {number: names.get(label, label) for number, label in labels.items()}


def _write_pages(work: Work, made: Site, tiles: Tiles) -> None:
    out, size = work.out, work.survey.atlas.preprocessing.size
    write_static(out)
    write_whole(out / "data/index.js", script("index", index_shard(made)))
    write_whole(out / "data/images.js", script("images", images_shard(made.labels, size)))
    write_overview(out, made, tiles)
    for one in work.survey.layers:
        write_layer(out, made, one, tiles[one.layer.number], _filters(work, one))
    write_health(out, made)
    write_page(out, "unit.html", "unit.html", made)
    write_page(out, "made.html", "made.html", made)


def _filters(work: Work, one: LayerSurvey) -> str:
    """Write the picture of a layer's filters; returns its file, empty where there are none."""
    weights = work.filters.get(one.layer.number)
    if weights is None:
        return ""
    name = f"img/filters-{one.layer.number:03d}.png"
    write_whole(work.out / name, png(filter_sheet(weights)))
    return name
