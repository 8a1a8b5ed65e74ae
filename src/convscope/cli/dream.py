"""``convscope dream``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import (
    Device,
    ImageFile,
    Json,
    Model,
    Picture,
    Threads,
    with_loading,
    with_options,
)
from convscope.cli.loading import load_net
from convscope.cli.output import progress_bar
from convscope.cli.result import emit_result, placed
from convscope.methods.options.dream import DreamOptions

if TYPE_CHECKING:
    from convscope.results.dream import Dream

NAME = "dream"
HELP = (
    "Let a network draw into a photograph what a layer, a unit, a direction or a class finds in it "
    "(Deep Dream): gradient ascent from the photograph, in octaves."
)

Dreamt = Annotated[
    str,
    typer.Argument(
        help="A whole layer, layer:channel, layer:channel@y,x, a direction (layer:17-0.5*40, "
        "layer:random.7) or class:NAME."
    ),
]


@with_options(DreamOptions)
@with_loading
def run(
    model: Model,
    image: ImageFile,
    target: Dreamt,
    loading: Mapping[str, Any],
    options: DreamOptions,
    out: Picture = Path("dream.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Dream of one target."""
    from convscope.images.read import read
    from convscope.methods.dream import dream
    from convscope.progress import silent

    picture = placed(out, image, model, *loading.values())
    net = load_net(model, loading, device, threads, quiet=json)
    photo = read(image, net.preprocessing)
    with progress_bar(quiet=json) as progress:
        result = dream(net, photo, target, options, progress=progress or silent)
    emit_result(NAME, result, picture, _numbers(result), _lines(result), as_json=json)


def _numbers(result: Dream) -> dict[str, Any]:
    return {
        "target": result.target,
        "layer": result.layer,
        "channel": result.channel,
        "measure": result.measure,
        "before": result.before,
        "after": result.after,
        "change": result.change,
        "steps": result.steps,
        "octaves": result.octaves,
    }


def _lines(result: Dream) -> Iterator[str]:
    from convscope.render.pictures.dream import how, said

    yield said(result)
    yield how(result)
