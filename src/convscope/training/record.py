"""What a run writes as it goes: a row a step, a row an epoch, rows of health, checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from convscope.checkpoints import HISTORY, checkpoint_epochs, checkpoint_path
from convscope.training import folder
from convscope.training.history import EPOCHS, HEALTH, STEPS, read_rows, write_rows
from convscope.training.state import Place
from convscope.training.weights import Weights, weight_rows


class Record:
    """The tables of a run, kept in memory and written whole.

    Args:
        out: the run's folder.
        metadata: of every checkpoint.
        place: where the run stands; rows that a killed process wrote beyond it are dropped, and
            all of them where it stands at its start, which is measured anew.
    """

    def __init__(self, out: Path, metadata: Mapping[str, str], place: Place) -> None:
        self._out, self._metadata = out, metadata
        self._epochs = _until(out / HISTORY, EPOCHS, "epoch", place.epoch - 1)
        self._steps = _until(out / folder.STEPS, STEPS, "step", place.step)
        measured = place.epoch - 1 if place.step else -1
        self._health = _until(out / folder.HEALTH, HEALTH, "epoch", measured)

    def step(self, step: int, loss: Any, rate: float) -> None:
        """One more step was made, the first of all being 1."""
        self._steps.append({"step": step, "loss": loss, "rate": rate})

    def epoch(self, row: Mapping[str, Any]) -> None:
        """One more epoch is done."""
        self._epochs.append(dict(row))

    def health(self, epoch: int, module: nn.Module, before: Weights) -> None:
        """How its layers are."""
        self.rows(weight_rows(epoch, module, before))

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """More rows of health."""
        self._health += [dict(row) for row in rows]

    def errors(self) -> list[float]:
        """The validation error after each epoch."""
        return [1 - row["validation_accuracy"] for row in self._epochs]

    def checkpoint(self, epoch: int, module: nn.Module) -> None:
        """Keep the weights after an epoch."""
        said = {**self._metadata, "epoch": str(epoch)}
        folder.write_checkpoint(checkpoint_path(self._out, epoch), module.state_dict(), said)

    def end(self, epoch: int, module: nn.Module) -> None:
        """Have the run end with this epoch, which is done; its weights may not have been kept."""
        if epoch not in checkpoint_epochs(self._out):
            self.checkpoint(epoch, module)
        self.flush()

    def flush(self) -> None:
        """Write the tables."""
        for name, columns, rows in (
            (folder.STEPS, STEPS, self._steps),
            (HISTORY, EPOCHS, self._epochs),
            (folder.HEALTH, HEALTH, self._health),
        ):
            write_rows(self._out / name, columns, rows)


def _until(path: Path, columns: Mapping[str, str], key: str, last: int) -> list[dict[str, Any]]:
    return [row for row in read_rows(path, columns) if row[key] <= last]
