"""One cell of a grid: trained, read on the probe's images, and kept, so that it is done once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import DivergedError, RunError
from convscope.experiments.learning.grid import Cell, recipe
from convscope.experiments.learning.layer_reading import Reading, load_reading
from convscope.experiments.learning.options import LearncurveOptions
from convscope.experiments.learning.probe_images import POOL, PROBE
from convscope.images.open import open_images
from convscope.images.read import read_from
from convscope.progress import Progress

if TYPE_CHECKING:
    from convscope.images.image import Image
    from convscope.net.net import Net
    from convscope.training.options import TrainOptions
    from convscope.training.run import Run


@dataclass(frozen=True)
class Grid:
    """A folder of trainings."""

    out: Path
    model: str
    """Empty: the preset's."""
    options: LearncurveOptions
    device: str = "auto"

    def run_path(self, cell: Cell) -> Path:
        """Where a training lies."""
        return self.out / "runs" / cell.name

    def reading_path(self, cell: Cell, epoch: int | None = None) -> Path:
        """Where what was read of its network lies; of the start by its epoch, 0."""
        start = "" if epoch is None else f"-epoch{epoch}"
        return self.out / "readings" / f"{cell.name}{start}.safetensors"

    def is_done(self, cell: Cell) -> bool:
        """Whether a training is over and its network read."""
        return self.reading_path(cell).exists()

    def reading(self, cell: Cell, epoch: int | None = None) -> Reading:
        """What was read of a network, read now where that was not yet done."""
        path = self.reading_path(cell, epoch)
        if not path.exists():
            read_run(self, self.open(cell), epoch).save(path)
        return load_reading(path)

    def open(self, cell: Cell) -> Run:
        """Its run."""
        from convscope.training.run import open_run

        return open_run(self.run_path(cell), trust=True)

    def net(self, cell: Cell, epoch: int | None = None) -> Net:
        """Its network, after its last epoch or after another."""
        return self.open(cell).net(epoch, device=self.device)

    def images(self, net: Net) -> list[Image]:
        """The probe's images as a network takes them."""
        source = open_images(self.out / PROBE)
        return [read_from(source, place, net.preprocessing) for place in range(len(source))]


def do_cell(grid: Grid, cell: Cell, progress: Progress) -> None:
    """Train a network and read it, unless that was done.

    Args:
        grid: the folder.
        cell: which.
        progress: hears of this training's steps.

    Raises:
        DivergedError: its loss became NaN.
        RunError: its folder holds one that was begun otherwise.
    """
    from convscope.training.loop import train

    if grid.is_done(cell):
        return
    model, options = recipe(grid.options, cell)
    with _advised(cell, options):
        run = train(
            grid.model or model,
            grid.out / POOL,
            grid.run_path(cell),
            options,
            device=grid.device,
            progress=progress,
        )
    read_run(grid, run, None).save(grid.reading_path(cell))


@contextmanager
def _advised(cell: Cell, options: TrainOptions) -> Iterator[None]:
    """What a training advises are options of its own; those of a grid are fewer, and for all."""
    try:
        yield
    except DivergedError as error:
        from convscope.training.loop import CALMER

        said = str(error).partition(" The last good")[0]
        raise DivergedError(
            f"{said} It is the training of {cell.words}. Train the grid into another folder with a "
            f"smaller rate (--rate {options.rate / CALMER:.1g})."
        ) from None
    except RunError as error:
        said, advises, _ = str(error).partition(" Train into another folder")
        if not advises:
            raise
        raise RunError(
            f"{said} Make the grid in another folder (--out), so that all its networks are trained "
            "by the same."
        ) from None


def read_run(grid: Grid, run: Run, epoch: int | None) -> Reading:
    """Read the network of a run at one of its checkpoints."""
    from convscope.experiments.learning.read_probe import read_probe

    net = run.net(epoch, device=grid.device)
    arrays = np.stack([image.array for image in grid.images(net)])
    return read_probe(net, arrays, _facts(run, net.fingerprint()))


def _facts(run: Run, weights: str) -> dict[str, Any]:
    """Plain values of a run, and the hash of what it began with."""
    history = run.history
    return {
        "weights": weights,
        "start": str(run.facts["start"]),
        "spec": run.spec,
        "step": int(_last(history["step"])),
        "train_accuracy": float(_last(history["train_accuracy"])),
        "seconds": float(np.sum(history["seconds"])),
    }


def _last(values: NDArray[Any]) -> Any:
    return values[-1]
