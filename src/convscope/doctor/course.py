"""How the training of a checkpoint went, from the run that it lies in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, sqrt
from pathlib import Path
from typing import Any

from convscope.checkpoints import HISTORY, RUN, run_and_epoch

MANY = 5
"""Epochs; one whose loss has not fallen in so many is not at its beginning."""
FELL = 0.02
"""Share of its first epoch's loss: a loss that has fallen by less has not fallen."""
DEVIATIONS = 2.0


@dataclass(frozen=True)
class Course:
    """A run up to the epoch of one of its checkpoints.

    Accuracies on the images it was trained on are counted while training, with dropout and changed
    images, so they are lower than they would be now.
    """

    epoch: int
    step: int
    losses: tuple[float, float]
    """Of training, in the first epoch and in this."""
    trained: tuple[float, float]
    """Accuracy on the images it was trained on, three quarters of the way and in this epoch."""
    held_out: float
    images: int
    """That it was trained on."""
    held_out_images: int
    back: int
    """The epoch three quarters of the way."""
    of: int = 0
    """Epochs asked for; 0: not known."""
    diverged: str = ""
    """Why the run stopped, if its loss became NaN."""

    @property
    def still_learns(self) -> bool:
        """Whether it got better in the last quarter by more than chance between images allows."""
        before, now = self.trained
        mean = (before + now) / 2
        error = sqrt(2 * mean * (1 - mean) / max(self.images, 1))
        return self.back < self.epoch and now - before > DEVIATIONS * error

    @property
    def learns_nothing(self) -> bool:
        """Whether many epochs have not lowered its loss."""
        first, last = self.losses
        return self.epoch >= MANY and last > (1 - FELL) * first


def course_of(weights: str | Path | None) -> Course | None:
    """The course up to a checkpoint of a run; None of other weights, or where nothing is recorded.

    A run is ``RUN/history.parquet`` beside ``RUN/checkpoints/epoch-064.safetensors``.
    """
    where = run_and_epoch(weights or "")
    if where is None:
        return None
    rows, facts = _history(where[0]), _facts(where[0])
    known = {row["epoch"]: row for row in rows if _is_whole(row)}
    if where[1] not in known:
        return None
    return _course(known, where[1], facts)


def _course(rows: Mapping[int, Mapping[str, Any]], epoch: int, facts: Mapping[str, Any]) -> Course:
    first, now = rows[min(rows)], rows[epoch]
    back = max((e for e in rows if e <= 0.75 * epoch), default=epoch)
    return Course(
        epoch=epoch,
        step=int(now["step"]),
        losses=(first["train_loss"], now["train_loss"]),
        trained=(rows[back]["train_accuracy"], now["train_accuracy"]),
        held_out=now["validation_accuracy"],
        images=int(_within(facts, "data", "train") or 0),
        held_out_images=int(_within(facts, "data", "validation") or 0),
        back=back,
        of=int(_within(facts, "options", "epochs") or 0),
        diverged=str(facts.get("diverged") or ""),
    )


_NUMBERS = ("step", "train_loss", "train_accuracy", "validation_accuracy")


def _history(run: Path) -> list[dict[str, Any]]:
    """Its rows; none where the file is another program's, or torn."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found: list[dict[str, Any]] = pq.read_table(
            run / HISTORY, columns=["epoch", *_NUMBERS]
        ).to_pylist()
    except (OSError, KeyError, pa.ArrowException):
        return []
    return found


def _is_whole(row: Mapping[str, Any]) -> bool:
    values = [row[name] for name in ("epoch", *_NUMBERS)]
    return all(isinstance(value, int | float) and isfinite(value) for value in values)


def _facts(run: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((run / RUN).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _within(facts: Mapping[str, Any], part: str, name: str) -> Any:
    """``facts[part][name]``; None where a part is not there: a recorder's run has no options."""
    inside = facts.get(part)
    return inside.get(name) if isinstance(inside, dict) else None
