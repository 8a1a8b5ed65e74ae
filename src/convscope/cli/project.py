"""``convscope project``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Model, Threads, with_loading, with_options
from convscope.cli.loading import load_net
from convscope.cli.output import emit
from convscope.methods.options.project import ProjectOptions

if TYPE_CHECKING:
    from convscope.results.projection import Projection

NAME = "project"
HELP = (
    "Project one unit of one image back to the pixels: a PNG, and the result with its array. "
    "A unit is layer:channel, or layer:channel@y,x for one cell; so are projected directions "
    "(layer:17-0.5*40, layer:random.7) and classes (class:beagle)."
)


@with_options(ProjectOptions)
@with_loading
def run(
    model: Model,
    image: Annotated[Path, typer.Argument(help="An image file.")],
    unit: Annotated[
        str, typer.Argument(help="layer:channel, layer:channel@y,x, a direction, or class:NAME.")
    ],
    loading: Mapping[str, Any],
    options: ProjectOptions,
    out: Annotated[
        Path, typer.Option(help="The PNG; the result goes beside it as .safetensors.")
    ] = Path("projection.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Project one unit."""
    from convscope.images.read import read
    from convscope.methods.project import project
    from convscope.render.display import png_of
    from convscope.storage import write_whole

    net = load_net(model, loading, device, threads, quiet=json)
    result = project(net, read(image, net.preprocessing), unit, options)
    picture = out.with_suffix(".png")
    write_whole(picture, png_of(result))
    saved = result.save(out.with_suffix(".safetensors"))
    summary = _summary(result, picture, saved)
    emit(NAME, summary, as_json=json, lines=lambda: _lines(result, picture, saved))


def _summary(result: Projection, picture: Path, saved: Path) -> dict[str, Any]:
    return {
        "picture": picture,
        "result": saved,
        "target": result.name,
        "layer": result.layer,
        "channel": result.channel,
        "cell": result.cell,
        "value": result.value,
        "frame": result.frame,
        "largest": float(abs(result.array).max()),
        "similarity": result.similarity,
        "note": result.note,
        "caption": result.caption,
        "provenance": result.provenance,
    }


def _lines(result: Projection, picture: Path, saved: Path) -> Iterator[str]:
    from convscope.render.picture_attribution import sanity

    cell = "" if result.cell is None else f"@{result.cell[0]},{result.cell[1]}"
    yield f"{result.name}{cell} is {result.value:.6g} on this image."
    for line in (result.note, sanity(result.similarity)):
        if line:
            yield line
    yield f"Shows: {result.caption['shows']}"
    yield f"Does not show: {result.caption['does_not_show']}"
    yield f"{picture} and {saved}"
