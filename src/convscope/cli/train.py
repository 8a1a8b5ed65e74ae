"""``convscope train``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Threads, with_changes
from convscope.cli.output import emit, progress_bar
from convscope.doctor.words import percent
from convscope.progress import silent
from convscope.training.config import read_config
from convscope.training.options import TrainOptions
from convscope.training.presets import PRESETS
from convscope.training.presets import with_changes as changed

if TYPE_CHECKING:
    from convscope.training.run import Run

NAME = "train"
HELP = (
    "Train a network on labelled images by the recipe of a preset or of a TOML file, and keep its "
    "weights at chosen epochs. Stopped in any way, the same command goes on to the same losses; "
    "with more --epochs it goes on with a finished run."
)


def _presets() -> str:
    """Each with what its training takes, since no flag shows a preset's own value."""
    return "; ".join(
        f"{name}: {each.options.epochs} epochs, rate {each.options.rate:g}, {each.options.schedule}"
        for name, each in PRESETS.items()
    )


@with_changes(TrainOptions)
def run(
    config: Annotated[
        str, typer.Argument(help=f"A preset ({_presets()}) or a TOML file of options.")
    ],
    data: Annotated[
        str, typer.Argument(help="Images with labels: a folder a class, Parquet, bundled:photos.")
    ],
    changes: Mapping[str, Any],
    out: Annotated[Path, typer.Option(help="Folder of the run.")],
    model: Annotated[
        str | None, typer.Option(help="The network, if not the preset's: nets:zf64, nets.py:build.")
    ] = None,
    image_column: Annotated[str, typer.Option(help="Parquet: column of image bytes.")] = "image",
    label_column: Annotated[str, typer.Option(help="Parquet: column of labels.")] = "label",
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Train a network."""
    recipe = read_config(config)
    options = changed(recipe.options, changes)
    from convscope.cli.loading import set_threads
    from convscope.training.loop import train

    set_threads(threads)
    with progress_bar(quiet=json) as progress:
        made = train(
            model or recipe.model,
            data,
            out,
            options,
            image_column=image_column,
            label_column=label_column,
            device=device,
            progress=progress or silent,
        )
    summary = _summary(made) | {"beyond": _beyond(options, changes)}
    emit(NAME, summary, as_json=json, lines=lambda: _lines(made, summary))


def _summary(run: Run) -> dict[str, Any]:
    last = {name: column[-1] for name, column in run.history.items() if len(column)}
    data = run.facts["data"]
    return {
        "path": run.path,
        "network": run.spec,
        "parameters": run.facts["parameters"],
        "last": last,
        "checkpoints": [one.epoch for one in run.checkpoints],
        **{name: data[name] for name in ("train", "validation", "failed")},
        "failures": data.get("failures", []),
        "unlabelled": data.get("unlabelled", 0),
    }


def _beyond(options: TrainOptions, changes: Mapping[str, Any]) -> list[int]:
    """Epochs whose weights were asked for, and that this run does not come to."""
    asked = options.checkpoints if "checkpoints" in changes else ()
    return [epoch for epoch in asked if epoch > options.epochs]


def _lines(run: Run, summary: Mapping[str, Any]) -> Iterator[str]:
    last, held = summary["last"], summary["validation"]
    yield (
        f"{run.spec}, {summary['parameters']:,} parameters, "
        f"{_count(len(run.history['epoch']), 'epoch')} on {_count(summary['train'], 'image')}, "
        f"{f'{held:,}' if held else 'none'} held out."
    )
    if last:
        scored = f"; held out: {_score(last, 'validation')}" if summary["validation"] else ""
        yield f"Training {_score(last, 'train')}{scored}."
    if failed := summary["failed"]:
        yield f"{_count(failed, 'image')} could not be read and {_are(failed)} left out:"
        for row in summary["failures"]:
            yield f"  {row['uri']}: {row['error']}"
    if bare := summary["unlabelled"]:
        yield f"{_count(bare, 'image')} without a label {_are(bare)} left out."
    kept = summary["checkpoints"]
    noun = "Checkpoint of epoch" if len(kept) == 1 else "Checkpoints of epochs"
    listed = ", ".join(map(str, kept))
    yield f"{noun} {listed} {_are(len(kept))} in {run.path / 'checkpoints'}."
    if beyond := summary["beyond"]:
        named = f"epoch{'' if len(beyond) == 1 else 's'} {', '.join(map(str, beyond))}"
        yield (
            f"There is none of {named} (--checkpoints): the run ends with epoch {kept[-1]} "
            "(--epochs)."
        )


def _score(last: Mapping[str, Any], of: str) -> str:
    return f"loss {last[f'{of}_loss']:.3f}, accuracy {percent(last[f'{of}_accuracy'], 1)}"


def _count(amount: int, noun: str) -> str:
    return f"{amount:,} {noun if amount == 1 else noun + 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
