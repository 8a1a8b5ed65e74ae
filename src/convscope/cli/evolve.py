"""``convscope evolve``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Threads, with_loading, with_options
from convscope.cli.loading import set_threads
from convscope.cli.output import emit, progress_bar
from convscope.errors import UsageError
from convscope.experiments.evolution.options import EvolveOptions
from convscope.progress import silent

if TYPE_CHECKING:
    from convscope.results.evolution import Evolution
    from convscope.training.run import Run

NAME = "evolve"
HELP = (
    "Follow units through the checkpoints of a training: strongest patch and projection at each, "
    "how alike they are to the last, and when each layer settled; as pages that open from disk and "
    "the strip of Zeiler & Fergus' Fig. 4. Stopped in any way, the same command goes on where it "
    "was."
)
PAGE = "evolution"
"""Folder of the page, where none is named."""


@with_options(EvolveOptions)
@with_loading
def run(
    run_and_images: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN IMAGES",
            help="A run's folder, or two checkpoints or more (networks, or files of weights that "
            "say what they are); then images: a folder, a Parquet file, or bundled:photos.",
        ),
    ],
    loading: Mapping[str, Any],
    options: EvolveOptions,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the page and the atlases; of a run: in the run."),
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Run the factory that the run names as its network.")
    ] = False,
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Follow units through checkpoints."""
    from convscope.experiments.evolution.evolve import evolve
    from convscope.render.evolution.page import claim, evolution_report

    subject, images = _asked(run_and_images, trust)
    _check_weights(loading)
    page = _page(subject, out)
    claim(page)
    set_threads(threads)
    given = {name: value for name, value in loading.items() if value is not None}
    with progress_bar(quiet=json) as progress:
        found = evolve(
            subject,
            images,
            options,
            out=page if out is not None or isinstance(subject, list) else None,
            loading={"device": device, **given},
            progress=progress or silent,
        )
    where = evolution_report(found, page)
    emit(NAME, _summary(found, where), as_json=json, lines=lambda: _lines(found, where))


def _asked(words: list[str], trust: bool) -> tuple[Run | list[str], str]:
    """What to follow, and the images.

    Raises:
        UsageError: there is one word only.
        RunError: the folder holds no run, or one without checkpoints.
    """
    from convscope.training.run import open_run

    *subject, images = words
    if not subject:
        raise UsageError(
            f"convscope evolve needs checkpoints and images, and was given {images!r} alone. Say "
            "convscope evolve RUN IMAGES, or name two checkpoints or more before the images."
        )
    if len(subject) == 1 and (Path(subject[0]).is_dir() or ":" not in subject[0]):
        return open_run(subject[0], trust=trust), images
    return subject, images


def _check_weights(loading: Mapping[str, Any]) -> None:
    if loading.get("weights") is not None:
        raise UsageError(
            "The checkpoints are weights themselves, so --weights says nothing here. Name them one "
            "by one, and the network by --model where they do not say it."
        )


def _page(subject: Run | list[str], out: Path | None) -> Path:
    if out is not None:
        return out
    return Path(PAGE) if isinstance(subject, list) else subject.path / PAGE


def _summary(found: Evolution, where: Path) -> dict[str, Any]:
    layers = {
        name: {
            "settled": {by: _epoch(found, by, at) for by in ("similarity", "overlap")},
            "similarity": found.similarity_last[at],
            "overlap": found.overlap_last[at],
            "correlation": found.correlation_last[at],
            "kept": found.kept[at],
            "dead": found.dead[at],
            "firing": found.firing[at],
            "noise": found.noise[at],
            "structure": found.structure[at],
        }
        for at, name in enumerate(found.layers)
    }
    return {
        "page": where,
        "strip": where.with_name("strip.png"),
        "result": where.with_name("evolution.safetensors"),
        "epochs": found.epochs,
        "layers": layers,
        "chance": found.chance,
        "jumps": found.jumps.mean(axis=0) if len(found.jumps) else None,
        "alike": found.alike,
        "note": found.note,
        "caption": found.caption,
        "provenance": found.provenance,
    }


def _epoch(found: Evolution, by: str, at: int) -> int | None:
    """From which epoch on a layer is as it is at the last; None: not before that."""
    place = int(found.settled(by)[at])
    return None if place < 0 else int(found.epochs[place])


def _lines(found: Evolution, where: Path) -> Iterator[str]:
    from convscope.render.evolution.says import lead, sentences
    from convscope.results.caption import caption_lines

    yield lead(found)
    yield from sentences(found)
    yield from caption_lines(found.caption)
    yield f"{where.with_name('strip.png')}, strip.svg and evolution.safetensors"
    yield f"Open {where}"
