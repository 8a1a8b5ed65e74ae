"""How well a network knows the images it was trained on, beside others."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convscope.checkpoints import HISTORY, run_and_epoch
from convscope.doctor.answers import answers_of
from convscope.doctor.evidence import Evidence, Fit
from convscope.doctor.sampled import sampled_atlas
from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.net.net import Net

ENOUGH = 256
"""Images; their accuracy is known to about 3 points."""


def fit_of(
    net: Net, evidence: Evidence, trained_on: str | Path | None, stack: ExitStack
) -> Fit | None:
    """Answer images it was trained on, where they are given; else what its training recorded.

    Raises:
        UsageError: their labels, or those of the others, are no classes of the network.
    """
    if trained_on is None:
        return recorded(net)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    found = answers_of(sampled_atlas(net, trained_on, ENOUGH, folder))
    if found is None or evidence.answered is None:
        raise UsageError(
            f"Overfitting shows in answers, and {'these images' if found else trained_on} have no "
            "labels that are classes of the network. Give labelled images, and names of the "
            "classes (--classes), or leave --trained-on away."
        )
    return Fit(
        found.accuracy, evidence.answered.accuracy, f"{found.images} of {Path(trained_on).name}"
    )


def recorded(net: Net) -> Fit | None:
    """Both accuracies at the epoch of a checkpoint, from the history of the run it lies in.

    A run is `RUN/history.parquet` beside `RUN/checkpoints/epoch-064.safetensors`. On the images it
    was trained on the accuracy was counted while training, with dropout and changed images, so it
    is lower than it would be now: overfitting is understated.
    """
    where = run_and_epoch(net.weights or "")
    if where is None or not (where[0] / HISTORY).is_file():
        return None
    run, epoch = where
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(run / HISTORY, columns=["epoch", *_ACCURACIES]).to_pylist()
    except (OSError, KeyError, pa.ArrowException):  # another program's file: it tells nothing
        return None
    for row in rows:
        both = [row[name] for name in _ACCURACIES]
        if row["epoch"] == epoch and None not in both and np.isfinite(both).all():
            return Fit(both[0], both[1], f"its training at epoch {epoch}")
    return None


_ACCURACIES = ("train_accuracy", "validation_accuracy")
