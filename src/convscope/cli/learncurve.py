"""``convscope learncurve``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Threads, with_options
from convscope.cli.loading import set_threads
from convscope.cli.output import emit, progress_bar
from convscope.experiments.learning.options import LearncurveOptions
from convscope.progress import silent

if TYPE_CHECKING:
    from convscope.results.learning import Learning

NAME = "learncurve"
HELP = (
    "Train a grid of networks on parts of your images, data size by epochs by seed, and say from "
    "when each layer shows something, beside networks that learnt nothing. Stopped, the same "
    "command goes on."
)


@with_options(LearncurveOptions)
def run(
    images: Annotated[
        str,
        typer.Argument(help="A folder with a folder a class, a Parquet file, or bundled:photos."),
    ],
    options: LearncurveOptions,
    model: Annotated[
        str, typer.Option(help="Of every training: nets:NAME or any spec; empty: the preset's.")
    ] = "",
    out: Annotated[Path, typer.Option(help="Folder of the trainings and of the page.")] = Path(
        "curve"
    ),
    image_column: Annotated[str, typer.Option(help="Parquet: of the encoded images.")] = "image",
    label_column: Annotated[str, typer.Option(help="Parquet: of the classes.")] = "label",
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Answer how much data and how many epochs."""
    from convscope.experiments.learning.learncurve import learncurve

    set_threads(threads)
    with progress_bar(quiet=json) as progress:
        found = learncurve(
            images,
            out,
            options,
            model=model,
            image_column=image_column,
            label_column=label_column,
            device=device,
            progress=progress or silent,
        )
    emit(NAME, _numbers(found, out), as_json=json, lines=lambda: _lines(found, out))


def _numbers(found: Learning, out: Path) -> dict[str, Any]:
    from convscope.render.learning.page import numbers
    from convscope.render.learning.words import next_words

    return {
        "page": out / "index.html",
        "picture": out / "learning.png",
        "result": out / "learning.safetensors",
        **numbers(found),
        "next": next_words(found),
        "note": found.note,
        "caption": found.caption,
        "provenance": found.provenance,
    }


def _lines(found: Learning, out: Path) -> Iterator[str]:
    from convscope.render.learning import words
    from convscope.results.caption import caption_lines

    yield from filter(None, [words.met_words(found), found.note])
    for one in words.cells(found):
        yield f"{one.words} {one.accuracy} of the images that none was trained on are right."
    yield words.next_words(found)
    yield from filter(None, [words.rule_words(), words.chance_words(found)])
    yield from words.limits(found)
    yield from caption_lines(found.caption)
    yield f"Open {out / 'index.html'}"
