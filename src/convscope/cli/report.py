"""``convscope report``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

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
from convscope.render.report.options import ReportOptions

NAME = "report"
HELP = (
    "Write a report of an atlas: a folder that opens from disk, every channel of every layer with "
    "its strongest patches and their projections. Stopped, the same command goes on."
)


@with_options(ReportOptions, skip=("command", "comparison", "method"))
def run(
    atlas: Annotated[Path, typer.Argument(help="Folder of the atlas.")],
    options: ReportOptions,
    out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("report"),
    model: Moved = None,
    weights: Weights = None,
    images: Images = None,
    trust: Trust = False,
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Write a report."""
    from convscope.atlas.read import open_atlas
    from convscope.render.report.make import report

    opened = open_atlas(atlas, images=images)
    net = rebuild_net(
        opened, model=model, weights=weights, trust=trust, device=device, threads=threads
    )
    with progress_bar(quiet=json) as progress:
        result = report(opened, out, net=net, options=options, progress=progress)

    def lines() -> Iterator[str]:
        yield (f"{result.channels:,} channels, {result.ranks} ranks, {result.bytes / 1e6:,.0f} MB.")
        yield from result.left_out
        yield f"Open {result.path / 'index.html'}"

    emit(NAME, result, as_json=json, lines=lines)
