"""A figure of a layer for papers: projections of some channels, and their patches beside them.

Source: Zeiler & Fergus 2013, Fig. 2: for each feature map the nine strongest activations,
projected down to pixels, on grey; the corresponding patches in the same order at right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convscope.errors import AddressError, UsageError
from convscope.render.jpeg import png
from convscope.render.lettering import QUIET, beside, stack, strip
from convscope.render.mosaic import mosaic
from convscope.render.provenance import Provenance, provenance
from convscope.render.report.figure_tiles import Scales, patches_of, projections_of
from convscope.render.report.options import FigureOptions, ReportOptions
from convscope.render.report.sheet import compose
from convscope.render.report.survey import LayerSurvey, survey
from convscope.render.tile import Pixels
from convscope.render.words import TIMES, count, in_words
from convscope.results.projection_block import ProjectionBlock
from convscope.storage import write_whole


@dataclass(frozen=True)
class Figure:
    """A picture and the numbers in it."""

    pixels: Pixels
    numbers: dict[str, Any]
    """Layer, scale, provenance, and one row a tile: value, image, cell, box, full scale."""

    def _repr_png_(self) -> bytes:
        return png(self.pixels)

    def save(self, path: Path | str) -> Path:
        """Write the picture as PNG, its numbers as JSON beside it; returns the picture's path."""
        path = Path(path).with_suffix(".png")
        write_whole(path.with_suffix(".json"), json.dumps(self.numbers, indent=1).encode())
        write_whole(path, png(self.pixels))
        return path


def figure(
    atlas: Any,
    layer: str | int,
    blocks: Iterable[ProjectionBlock],
    *,
    channels: Sequence[int] | None = None,
    options: FigureOptions | None = None,
) -> Figure:
    """Draw channels of a layer as in Zeiler & Fergus, Fig. 2.

    Args:
        atlas: an opened atlas.
        layer: its name or number.
        blocks: projections; those of other layers, channels or ranks are passed over.
        channels: which, in this order; None: the most telling.
        options: how many, and how they are drawn.

    Raises:
        AddressError: no such layer or channel.
        UsageError: no channel is named.
    """
    options = options or FigureOptions()
    chosen = ReportOptions(
        ranks=options.ranks, gain=options.gain, layers=(atlas.layer(layer).name,)
    )
    (one,) = survey(atlas, chosen).layers
    some = _channels(one, channels, options.channels)
    projections, scales = projections_of(one, blocks, some, options.gain)
    patches = patches_of(atlas, one, some)
    sheets = [compose(one.shape, projections[c], patches[c]) for c in some]
    made, wide = provenance(atlas, chosen), one.shape.block
    left = mosaic([sheet[:, :wide] for sheet in sheets], some)
    right = mosaic([sheet[:, -wide:] for sheet in sheets], some)
    mosaics = beside(left, right, 4 * one.shape.gap)
    return Figure(
        _lettered(mosaics, one, some, options, made), _numbers(one, some, scales, made, atlas)
    )


def _channels(one: LayerSurvey, channels: Sequence[int] | None, most: int) -> list[int]:
    chosen = one.order[:most].tolist() if channels is None else list(channels)
    last = one.layer.channels - 1
    wrong = [channel for channel in chosen if not 0 <= channel <= last]
    if wrong:
        raise AddressError(
            f"Channel {wrong[0]} is out of range: {one.layer.name} has {last + 1}, "
            f"numbered 0 to {last}."
        )
    if not chosen:
        raise UsageError("A figure needs a channel; name some, or none for the most telling.")
    return chosen


def _lettered(
    mosaics: Pixels, one: LayerSurvey, some: Sequence[int], options: FigureOptions, made: Provenance
) -> Pixels:
    wide, size = mosaics.shape[1], max(14, mosaics.shape[1] // 75)
    title = options.title or f"{made.title}, {one.layer.name}"
    foot = f"{made.options.method}, model {made.weights or 'unnamed'}, {made.images}, {made.date}"
    return stack(
        strip(title, wide, round(size * 1.5)),
        strip(_says(one, some, options), wide, size),
        mosaics,
        strip(foot, wide, size, QUIET),
    )


def _says(one: LayerSurvey, some: Sequence[int], options: FigureOptions) -> str:
    height, width = one.frame
    scale = f"shown {TIMES}{one.shape.factor}" if one.shape.field >= max(one.frame) else (
        f"averaged to {one.shape.field}"
    )  # fmt: skip
    ranks = in_words(one.top.image.shape[1])
    return (
        f"{count(len(some), 'channel')} of {one.layer.channels:,}. Left: what excited each channel "
        f"in its {ranks} strongest patches ({options.gain} per tile, grey is zero). Right: the "
        "same patches. "
        f"A tile is {height} {TIMES} {width} pixels of the input, {scale}."
    )


def _numbers(
    one: LayerSurvey, some: Sequence[int], scales: Scales, made: Provenance, atlas: Any
) -> dict[str, Any]:
    rows = [
        _row(one, channel, rank, scales.get((channel, rank)), atlas)
        for channel in some
        for rank in range(1, one.top.image.shape[1] + 1)
        if one.top.image[channel, rank - 1] >= 0
    ]
    return {
        "layer": one.layer.name,
        "frame": list(one.frame),
        "made": dict(made.rows),
        "tiles": rows,
    }


def _row(
    one: LayerSurvey, channel: int, rank: int, scale: float | None, atlas: Any
) -> dict[str, Any]:
    image, box = int(one.top.image[channel, rank - 1]), one.box(channel, rank)
    cell = [int(one.top.y[channel, rank - 1]), int(one.top.x[channel, rank - 1])]
    known = atlas.image(image)
    return {"channel": channel, "rank": rank, "value": float(one.top.value[channel, rank - 1]),
            "image": image, "uri": known.uri, "label": known.label, "cell": cell,
            "box": [box.y0, box.x0, box.y1, box.x1], "full_scale": scale}  # fmt: skip
