"""``convscope heatmap``: where the evidence for a class lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Model, Threads, with_loading, with_options
from convscope.cli.loading import load_net
from convscope.cli.output import emit
from convscope.methods.options.heatmap import HeatmapOptions

if TYPE_CHECKING:
    from convscope.results.heatmap import Heatmap

NAME = "heatmap"
HELP = (
    "Draw where in one image the evidence for a class lies, and against it: a PNG, and the result "
    "with its map. The same map with random weights stands beside it."
)


@with_options(HeatmapOptions)
@with_loading
def run(
    model: Model,
    image: Annotated[Path, typer.Argument(help="An image file.")],
    target: Annotated[
        str, typer.Argument(help="class:NAME (or key, or number), or a unit: layer:channel.")
    ],
    loading: Mapping[str, Any],
    options: HeatmapOptions,
    out: Annotated[
        Path, typer.Option(help="The PNG; the result goes beside it as .safetensors.")
    ] = Path("heatmap.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Draw one heat map."""
    from convscope.images.read import read
    from convscope.methods.heatmap import heatmap
    from convscope.render.display import png_of
    from convscope.storage import write_whole

    net = load_net(model, loading, device, threads, quiet=json)
    result = heatmap(net, read(image, net.preprocessing), target, options)
    picture = out.with_suffix(".png")
    write_whole(picture, png_of(result))
    saved = result.save(out.with_suffix(".safetensors"))
    summary = _summary(result, picture, saved)
    emit(NAME, summary, as_json=json, lines=lambda: _lines(result, picture, saved))


def _summary(result: Heatmap, picture: Path, saved: Path) -> dict[str, Any]:
    return {
        "picture": picture,
        "result": saved,
        "target": result.target,
        "against": result.against,
        "layer": result.layer,
        "reason": result.reason,
        "value": result.value,
        "against_value": result.against_value,
        "probability": result.probability,
        "map": result.map,
        "similarity": result.similarity,
        "note": result.note,
        "caption": result.caption,
        "provenance": result.provenance,
    }


def _lines(result: Heatmap, picture: Path, saved: Path) -> Iterator[str]:
    from convscope.render.picture_attribution import sanity
    from convscope.render.picture_heatmap import said

    yield said(result)
    yield f"From {result.map.min():.4g} to {result.map.max():.4g}; zero is the photograph."
    for line in (result.note, sanity(result.similarity)):
        if line:
            yield line
    yield f"Shows: {result.caption['shows']}"
    yield f"Does not show: {result.caption['does_not_show']}"
    yield f"Easily misread: {result.caption['easily_misread']}"
    yield f"{picture} and {saved}"
