"""``convscope demo``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from convscope.cli.flags import Device, Json, Threads
from convscope.cli.loading import set_threads
from convscope.cli.output import emit, progress_bar

NAME = "demo"
HELP = (
    "Make an atlas, a report, a comparison page and an evolution from the bundled network and "
    "photographs; nothing is downloaded."
)


def run(
    out: Annotated[
        Path, typer.Option(help="Folder for the atlas, the report and the other pages.")
    ] = Path("demo"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Run the main job on what is bundled."""
    from convscope.experiments.demo import EVOLUTION, LOOK, VERDICT, demo
    from convscope.results.file import load_result

    set_threads(threads)
    with progress_bar(quiet=json) as progress:
        report = demo(out, device=device, progress=progress)

    def lines() -> Iterator[str]:
        yield f"{report.channels:,} channels, {report.bytes / 1e6:.0f} MB."
        yield f"Open {report.path / 'index.html'}"
        yield f"Open {out / LOOK / 'index.html'}: every look at one photograph, side by side"
        yield f"Open {out / EVOLUTION / 'index.html'}: the same units at three checkpoints"
        yield f"Open {report.path / 'health.html'}: {verdict.headline}"

    verdict = load_result(out / f"{VERDICT}.safetensors")
    emit(NAME, report, as_json=json, lines=lines)
