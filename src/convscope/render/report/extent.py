"""What of a report fits: all of it, fewer ranks, or, when one rank is too much, fewer pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convscope.render.jpeg import jpeg
from convscope.render.report.photographs import image_name, used_images
from convscope.render.report.survey import Survey
from convscope.render.report.tiles import LayerTiles

SAMPLE = 4
"""Sheets per layer that are encoded to estimate the size of all."""
PAGE_BYTES = 60_000
UNIT_BYTES = 1_200
"""What a layer's page and a unit's numbers take beside the pictures; measured on SqueezeNet."""


@dataclass(frozen=True)
class Extent:
    """How many ranks, and the numbers of the layers whose pictures are shown."""

    ranks: int
    layers: frozenset[int]
    drawn: int = 0
    """Bytes of the synthesized pictures in it; 0: there are none."""


def extents(
    survey: Survey, tiles: Mapping[int, LayerTiles], quality: int, drawn: int = 0
) -> Iterator[Extent]:
    """From all to least: the last ranks go first, then what is synthesized, then large layers."""
    every = frozenset(tiles)
    for ranks in range(survey.ranks, 0, -1):
        yield Extent(ranks, every, drawn)
    if drawn:
        yield Extent(1, every)
    heavy = sorted(every, key=lambda number: -sheets_bytes(tiles[number], 1, quality))
    for gone in range(1, len(heavy)):
        yield Extent(1, every - frozenset(heavy[:gone]))


def estimate(
    survey: Survey, tiles: Mapping[int, LayerTiles], extent: Extent, out: Path, quality: int
) -> float:
    """Bytes of a report of this extent, from a sample of its sheets."""
    images = (out / image_name(number) for number in used_images(survey, extent.ranks))
    pictures = sum(path.stat().st_size for path in images if path.exists())
    sheets = sum(sheets_bytes(tiles[number], extent.ranks, quality) for number in extent.layers)
    numbers = UNIT_BYTES * survey.channels + PAGE_BYTES * len(survey.layers)
    return sheets + pictures + numbers + extent.drawn


def sheets_bytes(tiles: LayerTiles, ranks: int, quality: int) -> float:
    """Bytes of a layer's sheets, from a sample spread over its channels."""
    drawn = np.flatnonzero((tiles.one.top.image >= 0).any(axis=1))
    if not len(drawn):
        return 0.0
    some = drawn[np.linspace(0, len(drawn) - 1, min(SAMPLE, len(drawn))).astype(int)]
    sizes = [len(jpeg(tiles.sheet(int(channel), ranks), quality)) for channel in some]
    return float(np.mean(sizes)) * len(drawn)


def folder_bytes(out: Path) -> int:
    """Bytes of all files of a report, work in progress left aside."""
    files = (path for path in out.rglob("*") if ".work" not in path.parts and path.is_file())
    return sum(path.stat().st_size for path in files)


def left_out(
    survey: Survey, extent: Extent, max_mb: float, *, has_drawn: bool = False
) -> tuple[str, ...]:
    """Sentences that say what is not in the report, and why."""
    why = f"to stay under {max_mb:g} MB"
    said = []
    if extent.ranks < survey.ranks:
        first = extent.ranks + 1
        span = f"rank {first}" if first == survey.ranks else f"ranks {first} to {survey.ranks}"
        said.append(f"Not in this report: {span} of every channel, {why}.")
    if has_drawn and not extent.drawn:
        said.append(f"Not in this report: the synthesized pictures, {why}.")
    gone = [one.layer.name for one in survey.layers if one.layer.number not in extent.layers]
    if gone:
        said.append(f"Not in this report: the pictures of {', '.join(gone)}, {why}.")
    return tuple(said)
