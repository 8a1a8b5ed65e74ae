"""``convscope ranks``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import (
    Device,
    Json,
    Model,
    Picture,
    Target,
    Threads,
    with_loading,
    with_options,
)
from convscope.cli.loading import load_net
from convscope.cli.output import progress_bar
from convscope.cli.result import emit_result, placed
from convscope.errors import SourceError
from convscope.methods.options.ranks import RanksOptions

if TYPE_CHECKING:
    from convscope.images.source import Source
    from convscope.results.ranks import Ranks

NAME = "ranks"
HELP = (
    "Show the strongest, the middling and the weakest images of a unit, a direction or a class, "
    "beside random directions of the same layer: a PNG, and the result with its numbers."
)


@with_options(RanksOptions)
@with_loading
def run(
    model: Model,
    images: Annotated[
        str, typer.Argument(help="A folder, a Parquet file, bundled:photos, or an atlas's folder.")
    ],
    target: Target,
    loading: Mapping[str, Any],
    options: RanksOptions,
    out: Picture = Path("ranks.png"),
    image_column: Annotated[str, typer.Option(help="Parquet: column of image bytes.")] = "image",
    label_column: Annotated[str, typer.Option(help="Parquet: column of labels.")] = "label",
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Rank images."""
    from convscope.methods.ranks import ranks

    source = _source(images, image_column, label_column)
    picture = placed(out, images, model, *loading.values())
    net = load_net(model, loading, device, threads, quiet=json)
    with progress_bar(quiet=json) as progress:
        result = ranks(net, source, target, options, progress=progress)
    emit_result(NAME, result, picture, _numbers(result), _lines(result), as_json=json)


def _source(images: str, image_column: str, label_column: str) -> Source:
    """The images themselves, or those an atlas was made of."""
    from convscope.atlas.manifest import NAME as MANIFEST
    from convscope.atlas.read import open_atlas
    from convscope.images.open import open_images

    if (Path(images) / MANIFEST).is_file():
        return open_atlas(images).source()
    try:
        return open_images(images, image_column=image_column, label_column=label_column)
    except SourceError as error:
        raise SourceError(f"{error} An atlas's folder stands for its images.") from None


def _numbers(result: Ranks) -> dict[str, Any]:
    columns = zip(result.groups, result.ranks.tolist(), result.values.tolist(),
                  result.cells.tolist(), result.uris, result.labels, strict=True)  # fmt: skip
    names = ("group", "rank", "value", "cell", "image", "label")
    return {
        "target": result.target,
        "layer": result.layer,
        "images": len(result.spectrum),
        "left_out": result.left_out,
        "shown": [dict(zip(names, row, strict=True)) for row in columns],
        "telling": result.telling,
        "share": result.share,
        "control_telling": result.control_telling,
        "control_share": result.control_share,
        "control": result.control,
    }


def _lines(result: Ranks) -> Iterator[str]:
    for group in dict.fromkeys(result.groups):
        values = [
            v for v, g in zip(result.values.tolist(), result.groups, strict=True) if g == group
        ]
        yield f"{group.capitalize()}: {', '.join(f'{value:.4g}' for value in values)}"
    yield from filter(None, [result.control])
