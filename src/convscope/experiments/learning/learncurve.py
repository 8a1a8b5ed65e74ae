"""The learner's experiment: how much data, how many epochs, until a layer shows something?

Source: the two axes of Zeiler & Fergus 2013, Fig. 4 (epochs) and Fig. 9 (training images), crossed;
likeness of layers: Kornblith et al. 2019 (CKA); probes: Alain & Bengio 2016.

A grid of trainings, data size x epochs x seed. Every training is a run of its own with its own
annealing; seeds differ in their start and in the images they draw, and within a seed each training
set holds the smaller ones and every network has the same start. All networks are read on the same
images, which none is trained on. Two floors are read the same way: each network before its first
step, and one trained on as much with its labels dealt anew.

Shows: How much can be read in each layer with so many images and epochs, beside what can be read
without training and with shuffled labels.
Does not show: What another architecture, recipe or data set would need.
Easily misread: A layer above its floors is not yet a good one; where seeds differ as much, nothing
is said.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from convscope.experiments.claim import Kind, claim, data_identity, named
from convscope.experiments.learning.fit import chosen_words, fitted, shared_words
from convscope.experiments.learning.grid import Cell, grid_cells, recipe, steps_of
from convscope.experiments.learning.one_training import Grid, do_cell
from convscope.experiments.learning.options import LearncurveOptions
from convscope.experiments.learning.pool import Pool, pool
from convscope.experiments.learning.probe_images import digest, keep_images
from convscope.experiments.learning.values import learning_of
from convscope.images.open import open_images
from convscope.progress import Progress, silent
from convscope.render.learning.page import write_learning
from convscope.render.placeless import quoted, shareable, short_name
from convscope.results.learning import Learning

MARK, RESULT = "learncurve.json", "learning.safetensors"
GROWING = frozenset({"sizes", "epochs", "seeds", "units", "floor_size", "floor_epochs"})
"""Options that say which trainings there are, not how one is done: a grid may grow by them."""
KIND = Kind("an experiment", "Smaller sizes, epochs and seeds")


def learncurve(
    data: str | Path,
    out: str | Path,
    options: LearncurveOptions | None = None,
    *,
    model: str = "",
    image_column: str = "image",
    label_column: str = "label",
    device: str = "auto",
    progress: Progress = silent,
) -> Learning:
    """Train a grid of networks on parts of a data set, and tell when each layer shows something.

    A grid that was stopped goes on where it was, and one that is asked for with more epochs, seeds
    or sizes below its largest keeps what it has; a larger size needs a folder of its own, since
    every set is drawn from as many images as the largest has. ``out`` gets a page that opens from
    disk, ``index.html``.

    Args:
        data: a folder with a folder a class, a Parquet file with labels, or ``bundled:photos``.
        out: the experiment's folder.
        options: the grid; a probe and sizes that are not given are chosen to fit the images, and
            the result's note says them.
        model: of every training, as `train` takes it; empty: the preset's.
        image_column: Parquet: of the encoded images.
        label_column: Parquet: of the classes.
        device: auto, cpu, cuda or mps.
        progress: hears of images copied, of the steps of all trainings, then of measures.

    Raises:
        DataError: too few images for what was given, or labels that make no classifier.
        StorageError: the folder holds something else, or its mark is torn.
        UsageError: it holds another experiment, or options do not go together.
        DivergedError: a training's loss became NaN.

    >>> learncurve("cifar10.parquet", "curve")  # doctest: +SKIP
    """
    given = options or LearncurveOptions()
    source = open_images(data, image_column=image_column, label_column=label_column)
    labels = [source.label(number) for number in range(len(source))]
    options = fitted(given, labels)
    split = pool(labels, options.probe, options.sizes[-1], options.split)
    grid = Grid(Path(out), model, options, device)
    for cell in grid_cells(options)[:1]:
        recipe(options, cell)  # an unknown preset is refused before anything is written
    claim(grid.out / MARK, identity(grid, split) | data_identity(source), KIND)
    kept = keep_images(source, split, grid.out, progress)
    train_all(grid, progress)
    learning = learning_of(grid, kept, source.name, progress)
    learning = noted(learning, chosen_words(given, options), shared_words(split, options))
    shareable(learning).save(grid.out / RESULT)
    calls = command_of(source.name, grid), python_of(source.name, grid)
    write_learning(learning, grid.out, *calls)
    return learning


def noted(learning: Learning, *said: str) -> Learning:
    """The result with more that must be said with it, before what is said already."""
    return replace(learning, note=" ".join(filter(None, [*said, learning.note])))


def train_all(
    grid: Grid, progress: Progress, do: Callable[[Grid, Cell, Progress], None] = do_cell
) -> None:
    """Do every training that is not done; progress is over the steps of all."""
    cells = grid_cells(grid.options)
    batch = recipe(grid.options, cells[0])[1].batch
    steps = {cell: steps_of(cell, batch) for cell in cells}
    total, done = sum(steps.values()), sum(steps[cell] for cell in cells if grid.is_done(cell))
    for cell in [cell for cell in cells if not grid.is_done(cell)]:
        do(grid, cell, _part(progress, cell, done, total))
        done += steps[cell]
        progress(done, total, f"training, {cell.words}")


def _part(progress: Progress, cell: Cell, before: int, total: int) -> Progress:
    """Progress of one training as a part of all; of its reading of images nothing is heard."""

    def tell(done: int, own: int, what: str) -> None:
        if what.startswith("training"):
            progress(before + done, total, f"training, {cell.words}")

    return tell


def identity(grid: Grid, split: Pool) -> dict[str, Any]:
    """What all trainings of a folder have in common."""
    options = {k: v for k, v in asdict(grid.options).items() if k not in GROWING}
    return {"model": named(grid.model), "images": digest(split)[:16], **options} | {
        "pool": len(split.train)
    }


def command_of(images: str, grid: Grid) -> str:
    """The command that makes it, without the place of this machine's files."""
    given = [
        f"--{name.replace('_', '-')} {quoted(','.join(map(str, _listed(value))))}"
        for name, value in changed(grid.options).items()
    ]
    model = [f"--model {quoted(grid.model)}"] if grid.model else []
    data = shlex.quote(Path(images).name)
    return " ".join(["convscope learncurve", data, *model, *given, "--out curve"])


def python_of(images: str, grid: Grid) -> str:
    """The call that makes it."""
    given = ", ".join(f"{name}={value!r}" for name, value in changed(grid.options).items())
    model = f", model={short_name(grid.model)!r}" if grid.model else ""
    return (
        f"import convscope\noptions = convscope.LearncurveOptions({given})\n"
        f"convscope.learncurve({Path(images).name!r}, 'curve', options{model})"
    )


def changed(options: LearncurveOptions) -> dict[str, Any]:
    """Options that are not their defaults; the floors' are the most of the grid.

    >>> changed(LearncurveOptions(epochs=(2, 4)))
    {'epochs': (2, 4)}
    """
    default = asdict(LearncurveOptions()) | {
        "floor_size": max(options.sizes, default=0),
        "floor_epochs": options.epochs[-1],
    }
    return {name: value for name, value in asdict(options).items() if value != default[name]}


def _listed(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
