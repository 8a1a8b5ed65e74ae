"""``convscope gradient``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Model, Threads, with_loading, with_options
from convscope.cli.loading import load_net
from convscope.cli.output import emit, progress_bar
from convscope.methods.options.gradient import GradientOptions

if TYPE_CHECKING:
    from convscope.results.attribution import Attribution

NAME = "gradient"
HELP = (
    "Attribute a class, a unit or a direction to the pixels of one image: gradient, input times "
    "gradient, SmoothGrad, integrated gradients, guided or deconvnet, beside a random twin's."
)


@with_options(GradientOptions)
@with_loading
def run(
    model: Model,
    image: Annotated[Path, typer.Argument(help="An image file.")],
    target: Annotated[
        str, typer.Argument(help="class:NAME, layer:channel, layer:channel@y,x, layer:17-0.5*40")
    ],
    loading: Mapping[str, Any],
    options: GradientOptions,
    out: Annotated[
        Path, typer.Option(help="The PNG; the result goes beside it as .safetensors.")
    ] = Path("gradient.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Attribute one target."""
    from convscope.images.read import read
    from convscope.methods.gradient import gradient
    from convscope.progress import silent
    from convscope.render.display import png_of
    from convscope.storage import write_whole

    net = load_net(model, loading, device, threads, quiet=json)
    photo = read(image, net.preprocessing)
    with progress_bar(quiet=json) as progress:
        result = gradient(net, photo, target, options, progress=progress or silent)
    picture = out.with_suffix(".png")
    write_whole(picture, png_of(result))
    saved = result.save(out.with_suffix(".safetensors"))
    summary = _summary(result, picture, saved)
    emit(NAME, summary, as_json=json, lines=lambda: _lines(result, picture, saved))


def _summary(result: Attribution, picture: Path, saved: Path) -> dict[str, Any]:
    return {
        "picture": picture,
        "result": saved,
        "target": result.target,
        "layer": result.layer,
        "channel": result.channel,
        "cell": result.cell,
        "value": result.value,
        "frame": result.frame,
        "largest": float(abs(result.array).max()),
        "similarity": result.similarity,
        "completeness_gap": result.completeness_gap,
        "note": result.note,
        "caption": result.caption,
        "provenance": result.provenance,
    }


def _lines(result: Attribution, picture: Path, saved: Path) -> Iterator[str]:
    at = "" if result.cell is None else f" in cell {result.cell[0]},{result.cell[1]}"
    yield f"{result.target} is {result.value:.6g}{at} on this image."
    if result.note:
        yield result.note
    if result.similarity is not None:
        yield (
            f"Its rank correlation with the picture of a twin with shuffled weights is "
            f"{result.similarity:.2f} (1: the same; of a unit, much of that is its field's shape)."
        )
    yield f"Shows: {result.caption['shows']}"
    yield f"Does not show: {result.caption['does_not_show']}"
    yield f"Easily misread: {result.caption['easily_misread']}"
    yield f"{picture} and {saved}"
