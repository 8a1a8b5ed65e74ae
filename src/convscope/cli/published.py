"""``convscope published``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from convscope.cli.flags import Device, Json, Model, Threads, with_loading
from convscope.cli.loading import load_net
from convscope.cli.output import emit, progress_bar
from convscope.cli.result import keep_inputs
from convscope.progress import silent
from convscope.render.look.figure import check_name
from convscope.render.pictures.published import KEPT

NAME = "published"
HELP = (
    "Draw a published figure of gradient ascent for this network: Yosinski et al.'s four presets "
    "of nine starts each, or the Keras blog's 64 strongest of the first 200 filters (PNG or SVG), "
    "its numbers beside it (JSON)."
)


@with_loading
def run(
    model: Model,
    target: Annotated[str, typer.Argument(help="layer:3, layer:1,5,9, class:NAME, or a layer.")],
    loading: Mapping[str, Any],
    figure: Annotated[
        Literal["yosinski", "keras-blog"], typer.Option(help="Which figure.")
    ] = "yosinski",
    steps: Annotated[
        int | None, typer.Option(min=0, help="Of the ascent, in place of the published number.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the first start's noise.")] = 0,
    kept: Annotated[
        int, typer.Option(help="Filters on the Keras blog's sheet: 64, 49, ...")
    ] = KEPT,
    out: Annotated[Path, typer.Option(help="The PNG or SVG.")] = Path("published.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Draw a published figure."""
    from convscope.render.pictures.published import published

    check_name(out)
    keep_inputs("--out", out, ".json", model, *loading.values())
    net = load_net(model, loading, device, threads, quiet=json)
    with progress_bar(quiet=json) as progress:
        drawn = published(
            net, target, figure, steps=steps, seed=seed, kept=kept, progress=progress or silent
        )
    picture = drawn.save(out)

    def lines() -> Iterator[str]:
        yield f"{drawn.title}."
        yield f"{picture}, and its numbers in {picture.with_suffix('.json')}"

    emit(NAME, {"picture": picture, "numbers": drawn.numbers}, as_json=json, lines=lines)
