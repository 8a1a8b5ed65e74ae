"""A training run opened again, finished or not: its history, its checkpoints, its networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from convscope.address import is_library
from convscope.checkpoints import CHECKPOINTS, HISTORY, checkpoint_epochs
from convscope.errors import RunError
from convscope.training import folder
from convscope.training.history import EPOCHS, HEALTH, STEPS, read_columns
from convscope.training.options import TrainOptions

if TYPE_CHECKING:
    from convscope.net.net import Net


@dataclass(frozen=True)
class Checkpoint:
    """The weights after an epoch; epoch 0 is the start.

    >>> Checkpoint(64, Path("run/checkpoints/epoch-064.safetensors")).epoch
    64
    """

    epoch: int
    path: Path


@dataclass(frozen=True)
class Run:
    """What one training left behind.

    >>> open_run("run").history["validation_accuracy"][-1]  # doctest: +SKIP
    0.74
    """

    path: Path
    spec: str
    """Of the network: ``nets:zf32,classes=10``."""
    options: TrainOptions | None
    """None: another program's loop, recorded."""
    history: dict[str, NDArray[Any]] = field(repr=False)
    """A row an epoch: epoch, step, rate, train_loss, train_accuracy, validation_loss,
    validation_accuracy, seconds."""
    checkpoints: tuple[Checkpoint, ...] = field(repr=False)
    """Ascending by epoch."""
    facts: Mapping[str, Any] = field(repr=False, default_factory=dict)
    """All that ``run.json`` says."""
    trust: bool = field(repr=False, default=False)
    """Whether code of the user's own that the run names may be run."""

    def steps(self) -> dict[str, NDArray[Any]]:
        """A row a step: step, loss, rate."""
        return read_columns(self.path / folder.STEPS, STEPS)

    def health(self) -> dict[str, NDArray[Any]]:
        """A row for each layer at an epoch's end; empty where none were recorded."""
        return read_columns(self.path / folder.HEALTH, HEALTH)

    def checkpoint(self, epoch: int | None = None) -> Checkpoint:
        """The checkpoint of an epoch; None: the last.

        Raises:
            RunError: none was kept of that epoch; the message names those there are.
        """
        found = {one.epoch: one for one in self.checkpoints}
        if epoch is None:
            return self.checkpoints[-1]
        if epoch not in found:
            raise RunError(
                f"{self.path} has no checkpoint of epoch {epoch}. There are: "
                f"{', '.join(map(str, found))}."
            )
        return found[epoch]

    def net(self, epoch: int | None = None, *, device: str = "auto") -> Net:
        """The network after an epoch; None: after the last.

        Raises:
            RunError: no such checkpoint, or its network is code that is not trusted.
            IntakeError: the checkpoint is of another architecture.
        """
        from convscope.net.intake import load

        chosen = self.checkpoint(epoch)
        if not self.spec:
            raise RunError(
                f"{self.path} was recorded without what builds its network. Load it: "
                f"convscope.load('file.py:factory', weights={str(chosen.path)!r}); a Recorder "
                "with spec='file.py:factory' says it."
            )
        if not (self.trust or is_library(self.spec)):
            raise RunError(
                f"The network of {self.path} is {self.spec}, which is code on this machine. Say "
                "that you trust it: open_run(path, trust=True), --trust; or load it yourself: "
                f"--weights {chosen.path}."
            )
        return load(self.spec, weights=chosen.path, device=device)


def open_run(path: str | Path, *, trust: bool = False) -> Run:
    """Open the folder of a run.

    Args:
        path: what ``train`` or a ``Recorder`` wrote into.
        trust: run the file or module that the run names as its network's factory.

    Raises:
        RunError: there is no run, or it has no checkpoints.
        CorruptError: a table is not as it was written.
    """
    place = Path(path)
    facts = folder.read_run(place)
    kept = tuple(Checkpoint(*pair) for pair in checkpoint_epochs(place).items())
    if not kept:
        raise RunError(
            f"{place} has no checkpoints ({CHECKPOINTS}/epoch-NNN.safetensors). Run the "
            "same training again to go on; its start is saved first."
        )
    return Run(
        path=place,
        spec=facts["spec"],
        options=_options(place, facts.get("options")),
        history=read_columns(place / HISTORY, EPOCHS),
        checkpoints=kept,
        facts=facts,
        trust=trust,
    )


def _options(place: Path, saved: Mapping[str, Any] | None) -> TrainOptions | None:
    if saved is None:
        return None
    known = {each.name for each in fields(TrainOptions)}
    if strange := sorted(set(saved) - known):
        raise RunError(
            f"{place} was trained with options this version does not know: {', '.join(strange)}. "
            "Open it with the version that made it."
        )
    return TrainOptions(**saved)
