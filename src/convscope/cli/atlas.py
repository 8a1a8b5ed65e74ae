"""``convscope atlas``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.atlas.manifest import report_command
from convscope.atlas.options import AtlasOptions
from convscope.cli.flags import Device, Json, Layers, Model, Threads, with_loading, with_options
from convscope.cli.loading import load_net
from convscope.cli.output import emit, progress_bar

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas

NAME = "atlas"
HELP = (
    "Walk images once and keep what every channel of every layer responds to. Stopped in any way, "
    "the same command goes on where it was."
)


@with_options(AtlasOptions)
@with_loading
def run(
    model: Model,
    images: Annotated[str, typer.Argument(help="A folder, a Parquet file, or bundled:photos.")],
    loading: Mapping[str, Any],
    options: AtlasOptions,
    out: Annotated[Path, typer.Option(help="Folder of the atlas.")],
    layers: Layers = None,
    image_column: Annotated[str, typer.Option(help="Parquet: column of image bytes.")] = "image",
    label_column: Annotated[str, typer.Option(help="Parquet: column of labels.")] = "label",
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Build an atlas."""
    from convscope.atlas.make import build_atlas

    net = load_net(model, loading, device, threads, quiet=json)
    with progress_bar(quiet=json) as progress:
        atlas = build_atlas(
            net,
            images,
            out,
            layers=layers or (),
            options=options,
            image_column=image_column,
            label_column=label_column,
            progress=progress,
        )
    summary = _summary(atlas)
    emit(NAME, summary, as_json=json, lines=lambda: _lines(atlas, summary))


def _summary(atlas: Atlas) -> dict[str, Any]:
    statuses: dict[str, int] = {}
    for layer in atlas.layers:
        for status in atlas.units(layer).status:
            statuses[str(status)] = statuses.get(str(status), 0) + 1
    return {
        "path": atlas.path,
        "layers": len(atlas.layers),
        "channels": sum(layer.channels for layer in atlas.layers),
        "units": statuses,
        "images": atlas.image_count,
        "images_read": atlas.images_read,
        "failed": [{"uri": row.uri, "error": row.error} for row in atlas.failed()[:20]],
        "nonfinite": atlas.manifest.get("nonfinite", [])[:20],
    }


def _lines(atlas: Atlas, summary: Mapping[str, Any]) -> Iterator[str]:
    units = ", ".join(f"{count:,} {status}" for status, count in summary["units"].items())
    yield (
        f"{summary['layers']} layers and {summary['channels']:,} channels, seen through "
        f"{summary['images_read']:,} images: {units}."
    )
    missed = summary["images"] - summary["images_read"]
    if missed:
        yield f"{missed:,} of {summary['images']:,} images could not be used and are left out:"
        for row in summary["failed"]:
            yield f"  {row['uri']}: {row['error']}"
    for entry in summary["nonfinite"]:
        yield f"Not finite: {entry['layer']} on {entry['uri']} ({entry['cells']:,} cells)"
    yield f"The atlas is in {atlas.path}. Next: {report_command(atlas.manifest, atlas.path)}"
