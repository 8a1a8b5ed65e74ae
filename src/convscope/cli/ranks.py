"""``convscope ranks``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Model, Threads, with_loading, with_options
from convscope.cli.loading import load_net
from convscope.cli.output import emit, progress_bar
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
    target: Annotated[
        str,
        typer.Argument(
            help="layer:channel, layer:channel@y,x, layer:17-0.5*40, layer:random.7 or class:NAME."
        ),
    ],
    loading: Mapping[str, Any],
    options: RanksOptions,
    out: Annotated[
        Path, typer.Option(help="The PNG; the result goes beside it as .safetensors.")
    ] = Path("ranks.png"),
    image_column: Annotated[str, typer.Option(help="Parquet: column of image bytes.")] = "image",
    label_column: Annotated[str, typer.Option(help="Parquet: column of labels.")] = "label",
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Rank images."""
    from convscope.methods.ranks import ranks
    from convscope.render.display import png_of
    from convscope.storage import write_whole

    source = _source(images, image_column, label_column)
    net = load_net(model, loading, device, threads, quiet=json)
    with progress_bar(quiet=json) as progress:
        result = ranks(net, source, target, options, progress=progress)
    picture = out.with_suffix(".png")
    write_whole(picture, png_of(result))
    saved = result.save(out.with_suffix(".safetensors"))
    summary = _summary(result, picture, saved)
    emit(NAME, summary, as_json=json, lines=lambda: _lines(result, picture, saved))


def _source(images: str, image_column: str, label_column: str) -> Source:
    """The images themselves, or those an atlas was made of."""
    from convscope.atlas.manifest import NAME as MANIFEST
    from convscope.atlas.read import open_atlas
    from convscope.images.open import open_images

    if (Path(images) / MANIFEST).is_file():
        return open_atlas(images).source()
    return open_images(images, image_column=image_column, label_column=label_column)


def _summary(result: Ranks, picture: Path, saved: Path) -> dict[str, Any]:
    columns = zip(result.groups, result.ranks.tolist(), result.values.tolist(),
                  result.cells.tolist(), result.uris, result.labels, strict=True)  # fmt: skip
    names = ("group", "rank", "value", "cell", "image", "label")
    return {
        "picture": picture,
        "result": saved,
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
        "note": result.note,
        "caption": result.caption,
        "provenance": result.provenance,
    }


def _lines(result: Ranks, picture: Path, saved: Path) -> Iterator[str]:
    for group in dict.fromkeys(result.groups):
        values = [
            v for v, g in zip(result.values.tolist(), result.groups, strict=True) if g == group
        ]
        yield f"{group.capitalize()}: {', '.join(f'{value:.4g}' for value in values)}"
    yield from filter(None, (result.control, result.note))
    yield f"Shows: {result.caption['shows']}"
    yield f"Does not show: {result.caption['does_not_show']}"
    yield f"Easily misread: {result.caption['easily_misread']}"
    yield f"{picture} and {saved}"
