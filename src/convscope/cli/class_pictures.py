"""``convscope class-pictures``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Model, Picture, Threads, with_loading, with_options
from convscope.cli.loading import load_net
from convscope.cli.output import progress_bar
from convscope.cli.result import emit_result, placed
from convscope.methods.options.class_pictures import ClassPicturesOptions
from convscope.results.class_pictures import COLUMNS

if TYPE_CHECKING:
    from convscope.results.class_pictures import ClassPictures

NAME = "class-pictures"
HELP = (
    "Draw two pictures of each class from the same noise, one that climbs its score and one that "
    "climbs its probability, with both numbers of each and of the noise."
)


@with_options(ClassPicturesOptions, skip=("recipe",))
@with_loading
def run(
    model: Model,
    loading: Mapping[str, Any],
    options: ClassPicturesOptions,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="CLASS...", help="Classes by name, key or number."),
    ] = None,
    atlas: Annotated[
        Path | None,
        typer.Option(help="Of this network: for the largest scores, and its images' spectrum."),
    ] = None,
    out: Picture = Path("classes.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Draw classes."""
    from convscope.atlas.read import open_atlas
    from convscope.methods.class_pictures import class_pictures
    from convscope.progress import silent
    from convscope.render.pictures.classes import lines

    picture = placed(out, model, *loading.values())
    opened = None if atlas is None else open_atlas(atlas)
    net = load_net(model, loading, device, threads, quiet=json)
    with progress_bar(quiet=json) as progress:
        hears = progress or silent
        made = class_pictures(net, names or (), options, atlas=opened, progress=hears)
    emit_result(NAME, made, picture, _numbers(made), lines(made), as_json=json)


def _numbers(made: ClassPictures) -> dict[str, Any]:
    def row(i: int) -> dict[str, Any]:
        columns = enumerate(COLUMNS)
        return {
            "class": made.classes[i],
            "number": made.numbers[i],
            "best": made.best[i],
            "own_rise": made.own_rise[i],
            "others_fall": made.others_fall[i],
            **{
                name.replace(" ", "_"): {
                    "score": made.scores[i, j],
                    "probability": made.probabilities[i, j],
                    "answer": made.answers[i][j],
                }
                for j, name in columns
            },
        }

    return {"link": made.link, "classes": [row(i) for i in range(len(made.classes))]}
