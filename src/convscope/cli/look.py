"""``convscope look``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, ImageFile, Json, Model, Threads, with_loading, with_options
from convscope.cli.loading import load_net
from convscope.cli.output import emit, progress_bar
from convscope.cli.result import keep_inputs
from convscope.methods.options.look import LookOptions

if TYPE_CHECKING:
    from convscope.render.look.look import Look

NAME = "look"
HELP = (
    "Look at one image by every method at once: a page with activations, deconvnet, gradients, "
    "heat maps and occlusion side by side, each with what it shows and what it does not. Without "
    "a unit: the network's answer, and the strongest unit beside it."
)


@with_options(LookOptions)
@with_loading
def run(
    model: Model,
    image: ImageFile,
    loading: Mapping[str, Any],
    options: LookOptions,
    unit: Annotated[
        str | None, typer.Argument(help="class:NAME, layer:channel, layer:channel@y,x")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the page.")] = Path("look"),
    atlas: Annotated[
        Path | None, typer.Option(help="Atlas for the unit's strongest patches.")
    ] = None,
    images: Annotated[
        str | None, typer.Option(help="Images to rank instead, where there is no atlas.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="The image's class, if it is known; else the answer is used.")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Also the same as one figure: FILE.png or FILE.svg.")
    ] = None,
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Write one comparison page."""
    from convscope.images.read import read
    from convscope.render.look.figure import check_name
    from convscope.render.look.look import look

    if figure is not None:
        check_name(figure)
        keep_inputs("--figure", figure, ".json", image, model, *loading.values())
    net = load_net(model, loading, device, threads, quiet=json)
    photo = read(image, net.preprocessing, label=label)
    with progress_bar(quiet=json) as progress:
        made = look(
            net, photo, unit, out=out, atlas=atlas, images=images, options=options,
            progress=progress,
        )  # fmt: skip
    drawn = None if figure is None else made.figure().save(figure)
    emit(NAME, _summary(made, drawn), as_json=json, lines=lambda: _lines(made, drawn))


def _summary(made: Look, figure: Path | None) -> dict[str, Any]:
    about = made.subject
    return {
        "page": made.path,
        "figure": figure,
        "target": about.target,
        "name": about.name,
        "value": about.value,
        "unit": about.unit,
        "unit_value": about.unit_value,
        "cell": about.cell,
        "notes": about.notes,
        "answers": [{"name": one.name, "probability": one.probability} for one in about.answers],
        "looks": {
            panel.key: {
                "similarity": _similarity(panel.results),
                "caption": panel.caption,
                "notes": panel.notes,
                "errors": dict(panel.errors),
                "results": [recipe.file for recipe in panel.recipes if recipe.file],
            }
            for panel in made.panels
        },
    }


def _similarity(results: Mapping[str, Any]) -> dict[str, float | None]:
    return {key: getattr(one, "similarity", None) for key, one in results.items()}


def _lines(made: Look, figure: Path | None) -> Iterator[str]:
    about = made.subject
    yield f"{about.name} is {about.value:.6g} on this image."
    if about.is_class:
        yield f"{about.unit} is {about.unit_value:.6g}: {about.reason}."
    yield from about.notes
    for panel in made.panels:
        for name, message in panel.errors:
            yield f"{name} cannot be right here. {message}"
    if figure is not None:
        yield str(figure)
    yield f"Open {made.path}"
