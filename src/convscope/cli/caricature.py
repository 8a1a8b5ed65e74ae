"""``convscope caricature``."""

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
from convscope.methods.options.caricature import CaricatureOptions

if TYPE_CHECKING:
    from convscope.results.caricature import Caricature

NAME = "caricature"
HELP = (
    "Draw from noise a picture to which a layer answers as to a photograph, only more so: what the "
    "layer keeps of it, exaggerated."
)


@with_options(CaricatureOptions, skip=("recipe",))
@with_loading
def run(
    model: Model,
    image: ImageFile,
    layer: Annotated[str, typer.Argument(help="A layer by its name.")],
    loading: Mapping[str, Any],
    options: CaricatureOptions,
    atlas: Annotated[
        Path | None, typer.Option(help="Of this network: for its images' spectrum.")
    ] = None,
    out: Picture = Path("caricature.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Draw one caricature."""
    from convscope.atlas.read import open_atlas
    from convscope.images.read import read
    from convscope.methods.caricature import caricature
    from convscope.progress import silent

    picture = placed(out, image, model, *loading.values())
    opened = None if atlas is None else open_atlas(atlas)
    net = load_net(model, loading, device, threads, quiet=json)
    photo = read(image, net.preprocessing)
    with progress_bar(quiet=json) as progress:
        hears = progress or silent
        result = caricature(net, photo, layer, options, atlas=opened, progress=hears)
    emit_result(NAME, result, picture, _numbers(result), _lines(result), as_json=json)


def _numbers(result: Caricature) -> dict[str, Any]:
    return {
        "layer": result.layer,
        "cosine": result.cosine,
        "ratio": result.ratio,
        "along": result.along,
        "noise_cosine": result.noise_cosine,
        "noise_ratio": result.noise_ratio,
    }


def _lines(result: Caricature) -> Iterator[str]:
    from convscope.render.pictures.caricature import control, said

    yield said(result)
    yield control(result)
