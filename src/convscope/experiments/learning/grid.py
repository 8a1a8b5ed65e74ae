"""The trainings of a grid: one for each size, number of epochs and seed, and the floors'."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import ceil

from convscope.errors import UsageError
from convscope.experiments.learning.options import LearncurveOptions
from convscope.training.options import TrainOptions
from convscope.training.presets import found

DRIFT = 1
"""A last batch of one image is left out of an epoch (`training.feed`)."""
SLOW = 10
"""The rate rises over one in so many steps at most."""


@dataclass(frozen=True)
class Cell:
    """One training.

    >>> Cell(200, 4, 0).name, Cell(200, 4, 1, is_shuffled=True).name
    ('n00200-e004-s0', 'n00200-e004-s1-shuffled')
    """

    size: int
    """Training images."""
    epochs: int
    seed: int
    is_shuffled: bool = False
    """Whether its labels are dealt anew: a floor."""

    @property
    def name(self) -> str:
        """Of its folder."""
        tail = "-shuffled" if self.is_shuffled else ""
        return f"n{self.size:05}-e{self.epochs:03}-s{self.seed}{tail}"

    @property
    def words(self) -> str:
        """As progress says it."""
        tail = " with shuffled labels" if self.is_shuffled else ""
        images, epochs = ("" if count == 1 else "s" for count in (self.size, self.epochs))
        shown = f"{self.size:,} image{images} x {self.epochs} epoch{epochs}"
        return f"{shown}, seed {self.seed}{tail}"


def grid_cells(options: LearncurveOptions) -> tuple[Cell, ...]:
    """Every training, smallest first, so that what is wrong shows early.

    >>> few = LearncurveOptions(sizes=(10, 20), epochs=(1,), seeds=1)
    >>> [one.name for one in grid_cells(few)]
    ['n00010-e001-s0', 'n00020-e001-s0', 'n00020-e001-s0-shuffled']
    """
    return tuple(sorted(_cells(options), key=lambda one: (one.size * one.epochs, one.is_shuffled)))


def _cells(options: LearncurveOptions) -> Iterator[Cell]:
    for seed in range(options.seeds):
        yield from (Cell(*one, seed) for one in product(options.sizes, options.epochs))
        yield Cell(options.floor_size, options.floor_epochs, seed, is_shuffled=True)


def recipe(options: LearncurveOptions, cell: Cell) -> tuple[str, TrainOptions]:
    """The preset's network and options of one training: it alone differs by size, epochs, seed.

    Its rate anneals over its own steps, and rises over a tenth of them at most: a preset's warmup
    may be longer than a small training is. Nothing of what it is given is held out: the probe is.

    Raises:
        UsageError: no such preset, one whose rate waits for a validation error, or one that has
            images of its own.
    """
    chosen = found(options.preset)
    _check_preset(options.preset, chosen.options)
    own = replace(
        chosen.options,
        epochs=cell.epochs,
        batch=options.batch,
        rate=options.rate or _rate(chosen.options, options.batch),
        warmup=min(chosen.options.warmup, steps_of(cell, options.batch) // SLOW),
        seed=cell.seed,
        data_size=cell.size,
        held_out=0.0,
        shuffle_labels=cell.is_shuffled,
        checkpoints=(),
    )
    return chosen.model, own


def _check_preset(name: str, preset: TrainOptions) -> None:
    if preset.schedule == "plateau":
        raise UsageError(
            f"The preset {name} lowers its rate where the error on held-out images stops falling, "
            "and of few images in few epochs it never does. Give one whose rate follows its "
            "steps: cifar, modern."
        )
    if preset.photographs:
        raise UsageError(
            f"The preset {name} cuts the bundled photographs anew in each step, and a grid has "
            "sets of images. Give a preset for any images: cifar, modern."
        )


def _rate(preset: TrainOptions, batch: int) -> float:
    """That of SGD in proportion to the batch: Goyal et al. 2017 (arXiv 1706.02677), sec. 2.1.

    Steps of other optimizers do not grow with the gradient, so the rule is not theirs.
    """
    return preset.rate * batch / preset.batch if preset.optimizer == "sgd" else preset.rate


def steps_of(cell: Cell, batch: int) -> int:
    """Steps of the optimizer.

    >>> steps_of(Cell(200, 4, 0), 64), steps_of(Cell(65, 1, 0), 64)
    (16, 1)
    """
    left = cell.size % batch == DRIFT and cell.size > batch
    return cell.epochs * (ceil(cell.size / batch) - left)
