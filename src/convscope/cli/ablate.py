"""``convscope ablate``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Threads, with_options
from convscope.cli.loading import set_threads
from convscope.cli.output import emit, progress_bar
from convscope.experiments.ablation.options import AblateOptions
from convscope.progress import silent

if TYPE_CHECKING:
    from convscope.results.ablation import Ablation

NAME = "ablate"
HELP = (
    "Train a network and its variants from scratch, without some of its layers or with others, and "
    "put their errors into one table, as Zeiler & Fergus' third. Stopped, the same command goes on."
)


@with_options(AblateOptions)
def run(
    data: Annotated[
        str, typer.Argument(help="Images with labels: a folder a class, Parquet, bundled:photos.")
    ],
    options: AblateOptions,
    out: Annotated[Path, typer.Option(help="Folder of the trainings and of the page.")] = Path(
        "ablation"
    ),
    image_column: Annotated[str, typer.Option(help="Parquet: column of image bytes.")] = "image",
    label_column: Annotated[str, typer.Option(help="Parquet: column of labels.")] = "label",
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Compare variants of a network."""
    from convscope.experiments.ablation.ablate import ablate

    set_threads(threads)
    with progress_bar(quiet=json) as progress:
        made = ablate(
            data,
            out,
            options,
            image_column=image_column,
            label_column=label_column,
            device=device,
            progress=progress or silent,
        )
    emit(NAME, _numbers(made, out), as_json=json, lines=lambda: _lines(made, out))


def _numbers(made: Ablation, out: Path) -> dict[str, Any]:
    from convscope.render.ablation.page import numbers

    return {
        "page": out / "index.html",
        "picture": out / "ablation.png",
        "result": out / "ablation.safetensors",
        **numbers(made),
        "caption": made.caption,
        "provenance": made.provenance,
    }


def _lines(made: Ablation, out: Path) -> Iterator[str]:
    from convscope.render.ablation import words
    from convscope.render.ablation.page import rows
    from convscope.results.caption import caption_lines

    table = [
        ("variant", "parameters", "train error", "held-out error", "top-5 error", "than whole")
    ]
    table += [(r.name, r.parameters, r.train, r.error, r.top5, r.more) for r in rows(made)]
    yield words.answer(made)
    wide = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        first, *rest = (word.ljust(n) if i == 0 else word.rjust(n)
                        for i, (word, n) in enumerate(zip(row, wide, strict=True)))  # fmt: skip
        yield "  ".join([first, *rest]).rstrip()
    yield from words.groups(made)
    yield from filter(None, [words.by_heart(made), words.unfinished(made), made.note])
    yield words.rule_words(made)
    yield from words.limits(made)
    yield from caption_lines(made.caption)
    yield f"{out / 'index.html'}"
