"""``convscope figure``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.cli.flags import (
    Device,
    Images,
    Json,
    Moved,
    Threads,
    Trust,
    Weights,
    with_options,
)
from convscope.cli.loading import rebuild_net
from convscope.cli.output import emit, progress_bar
from convscope.cli.result import keep_inputs
from convscope.errors import UsageError
from convscope.render.report.options import FigureOptions

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas

NAME = "figure"
HELP = "Draw channels of one layer as a figure for papers (PNG), its numbers beside it (JSON)."


@with_options(FigureOptions)
def run(
    atlas: Annotated[Path, typer.Argument(help="Folder of the atlas.")],
    layer: Annotated[str, typer.Argument(help="Layer, by address or tape number.")],
    options: FigureOptions,
    only: Annotated[
        str | None, typer.Option(help="Channels to draw, in this order: 3,17,40.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The PNG.")] = Path("figure.png"),
    model: Moved = None,
    weights: Weights = None,
    images: Images = None,
    trust: Trust = False,
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Draw a figure."""
    from convscope.atlas.read import open_atlas
    from convscope.render.report.make import figure

    chosen = _channels(only)
    keep_inputs("--out", out.with_suffix(".png"), ".json", model, weights)
    opened = open_atlas(atlas, images=images)
    one = opened.layer(_which(opened, layer))
    net = rebuild_net(
        opened, model=model, weights=weights, trust=trust, device=device, threads=threads
    )
    with progress_bar(quiet=json) as progress:
        drawn = figure(
            opened, one.number, net=net, channels=chosen, options=options, progress=progress
        )
    picture = drawn.save(out)

    def lines() -> Iterator[str]:
        yield f"{picture}, and its numbers in {picture.with_suffix('.json')}"

    emit(NAME, {"picture": picture, "numbers": drawn.numbers}, as_json=json, lines=lines)


def _which(atlas: Atlas, layer: str) -> str | int:
    """A name before a number: in a Sequential, names are digits too."""
    names = {name for one in atlas.layers for name in (one.name, *one.aliases)}
    return int(layer) if layer.isdigit() and layer not in names else layer


def _channels(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"--only {text!r} is no list of channels; write 3,17,40.") from None
