"""``convscope activations``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import (
    Device,
    ImageFile,
    Json,
    Layers,
    Model,
    Threads,
    with_loading,
    with_options,
)
from convscope.cli.loading import load_net
from convscope.cli.output import emit, progress_bar
from convscope.methods.options.activations import ActivationsOptions
from convscope.progress import silent
from convscope.render.pictures.map_options import MapOptions
from convscope.results.caption import caption_lines

if TYPE_CHECKING:
    from convscope.results.activations import Activations

NAME = "activations"
HELP = (
    "Draw every map of chosen layers for one image: a PNG a layer, and the results with their "
    "arrays. Blank maps are explained; with --atlas a silent channel is told from a dead one."
)


@with_options(MapOptions, name="drawing")
@with_options(ActivationsOptions)
@with_loading
def run(
    model: Model,
    image: ImageFile,
    loading: Mapping[str, Any],
    options: ActivationsOptions,
    drawing: MapOptions,
    out: Annotated[Path, typer.Option(help="Folder of the PNGs and results.")] = Path(
        "activations"
    ),
    layers: Layers = None,
    atlas: Annotated[
        Path | None, typer.Option(help="Atlas of this network, to compare with other images.")
    ] = None,
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Draw the maps of some layers."""
    from convscope.atlas.read import open_atlas
    from convscope.images.read import read
    from convscope.methods.activations import activations_of
    from convscope.net.capture import choose

    net = load_net(model, loading, device, threads, quiet=json)
    opened = None if atlas is None else open_atlas(atlas)
    chosen = choose(net, layers or ())
    photo = read(image, net.preprocessing)
    results = activations_of(net, photo, chosen, options, atlas=opened)
    rows: list[dict[str, Any]] = []
    with progress_bar(quiet=json) as progress:
        for layer, result in zip(chosen, results, strict=True):
            rows.append(_written(result, out / layer.slug, drawing))
            (progress or silent)(len(rows), len(chosen), "drawing maps")
    summary = {
        "image": photo.id,
        "layers": rows,
        "caption": results[0].caption,
        "provenance": results[0].provenance,
    }
    emit(NAME, summary, as_json=json, lines=lambda: _lines(results, rows))


def _written(result: Activations, path: Path, drawing: MapOptions) -> dict[str, Any]:
    """Write one layer's picture and result; returns what is said of it."""
    from convscope.render.pictures.activations import activations_png
    from convscope.render.pictures.says_activations import faint_channels
    from convscope.storage import write_whole

    picture = path.with_name(f"{path.name}.png")
    write_whole(picture, activations_png(result, drawing))
    saved = result.save(path.with_name(f"{path.name}.safetensors"))
    kinds = zip(result.blank, result.kinds, strict=True)
    return {
        "layer": result.layer,
        "caption": result.caption,
        "channels": len(result.maps),
        "cells": result.maps.shape[1:],
        "picture": picture,
        "result": saved,
        "maximum": result.maxima,
        "fired": result.fired,
        "atlas_fired": result.atlas_fired,
        "blank": [{"channel": c, "kind": kind, "reason": said} for (c, said), kind in kinds],
        "faint": faint_channels(result, drawing),
        "note": result.note,
    }


def _lines(results: Sequence[Activations], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for result, row in zip(results, rows, strict=True):
        height, width = row["cells"]
        fires = f"above zero on {100 * result.fired.mean():.0f} % of cells"
        yield f"{row['layer']}: {row['channels']:,} of {height}×{width}, {fires}. {row['picture']}"
        if result.note:
            yield f"  {result.note}"
        shown = result.blank[:3] if result.is_spatial else ()
        yield from (f"  {row['layer']}:{channel} {reason}" for channel, reason in shown)
    yield from _captions(results)


def _captions(results: Sequence[Activations]) -> Iterator[str]:
    """How to read them: once if it is the same for all, else with the layers it is true of."""
    of: dict[tuple[str, ...], list[str]] = {}
    for result in results:
        of.setdefault(caption_lines(result.caption), []).append(result.layer)
    for lines, layers in of.items():
        if len(of) > 1:
            yield f"{', '.join(layers)}:"
        yield from lines
