"""``convscope invert``."""

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
from convscope.methods.options.invert import InvertOptions

if TYPE_CHECKING:
    from convscope.results.inversion import Inversion

NAME = "invert"
HELP = (
    "Rebuild an image from its code at each layer: a row of pictures beside the image, with how "
    "far each one's code and pixels are from the image's."
)


@with_options(InvertOptions)
@with_loading
def run(
    model: Model,
    image: ImageFile,
    loading: Mapping[str, Any],
    options: InvertOptions,
    layers: Annotated[
        list[str] | None,
        typer.Option(
            help="Layers by name or pattern ('features.*'), or input; repeatable. Without: the "
            "input and 8 layers, evenly spread."
        ),
    ] = None,
    out: Picture = Path("invert.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Invert one image's codes."""
    from convscope.images.read import read
    from convscope.methods.invert import invert
    from convscope.progress import silent

    picture = placed(out, image, model, *loading.values())
    net = load_net(model, loading, device, threads, quiet=json)
    photo = read(image, net.preprocessing)
    with progress_bar(quiet=json) as progress:
        result = invert(net, photo, layers, options, progress=progress or silent)
    emit_result(NAME, result, picture, {"layers": _numbers(result)}, _lines(result), as_json=json)


def _numbers(result: Inversion) -> list[dict[str, Any]]:
    """A row a layer; of error, likeness, rate and stop one number a start."""
    columns = {
        "layer": list(result.layers),
        **{name: getattr(result, name).tolist() for name in _COLUMNS},
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


_COLUMNS = ("error", "psnr", "pixel_error", "spread", "lr", "stopped")


def _lines(result: Inversion) -> Iterator[str]:
    from convscope.render.pictures.inversion import measure

    for place, name in enumerate(result.layers):
        starts = range(result.pictures.shape[1])
        yield f"{name}: {'; '.join(measure(result, place, start) for start in starts)}"
