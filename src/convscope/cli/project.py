"""``convscope project``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.cli.flags import (
    Device,
    ImageFile,
    Json,
    Model,
    Picture,
    Target,
    Threads,
    with_loading,
    with_options,
)
from convscope.cli.loading import load_net
from convscope.cli.result import emit_result, placed
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
    image: ImageFile,
    target: Target,
    loading: Mapping[str, Any],
    options: ProjectOptions,
    out: Picture = Path("projection.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Project one unit."""
    from convscope.images.read import read
    from convscope.methods.project import project

    picture = placed(out, image, model, *loading.values())
    net = load_net(model, loading, device, threads, quiet=json)
    result = project(net, read(image, net.preprocessing), target, options)
    emit_result(NAME, result, picture, _numbers(result), _lines(result), as_json=json)


def _numbers(result: Projection) -> dict[str, Any]:
    return {
        "target": result.name,
        "layer": result.layer,
        "channel": result.channel,
        "cell": result.cell,
        "value": result.value,
        "frame": result.frame,
        "largest": float(abs(result.array).max()),
        "similarity": result.similarity,
    }


def _lines(result: Projection) -> Iterator[str]:
    cell = "" if result.cell is None else f"@{result.cell[0]},{result.cell[1]}"
    if result.provenance.get("options", {}).get("seed") == "map":
        cell = ", all cells together,"
    yield f"{result.name}{cell} is {result.value:.6g} on this image."
