"""Checkpoints and health of a training loop of one's own, which goes on as if nobody looked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from convscope.atlas import store
from convscope.checkpoints import CHECKPOINTS, HISTORY, RUN, checkpoint_path
from convscope.errors import RunError, UsageError, nearest
from convscope.net.net import Net
from convscope.net.provenance import versions
from convscope.preprocess import Preprocessing
from convscope.training import folder
from convscope.training.history import EPOCHS as COLUMNS
from convscope.training.history import read_rows
from convscope.training.options import EPOCHS
from convscope.training.probe import probe_rows
from convscope.training.record import Record
from convscope.training.state import Place
from convscope.training.weights import Weights, weights_of

_MEASURED = tuple(name for name in COLUMNS if name.startswith(("train_", "validation_")))


class Recorder:
    """Writes a run's folder from another program's loop, by three calls, without changing it.

    The weights, the random states, gradients, modes and buffers are the same bit for bit as without
    it. ``open_run`` opens the folder.

    Args:
        out: folder of the run.
        spec: what builds the network, as ``load`` takes it (``nets.py:build``); empty: the weights
            alone are kept, for ``load(spec, weights=...)``.
        preprocessing: how images become its inputs, for the checkpoints' headers.
        classes: names of its classes in the order of its output.
        epochs: whose weights are kept, besides 0 and the last so far.
        probes: inputs (n, c, h, w) on which dead channels and sparsity are counted at the end of
            each epoch; None: health is of the weights alone.

    >>> import tempfile
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
    >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    >>> folder = tempfile.mkdtemp()
    >>> recorder = Recorder(folder)
    >>> recorder.start(net, optimizer)
    >>> for epoch in (1, 2):
    ...     loss = net(torch.zeros(4, 3, 8, 8)).square().mean()
    ...     optimizer.zero_grad(); loss.backward(); optimizer.step()
    ...     recorder.step(loss)
    ...     recorder.epoch(validation_accuracy=0.5)
    >>> from convscope.training.run import open_run
    >>> [one.epoch for one in open_run(folder).checkpoints]
    [0, 1, 2]
    """

    def __init__(
        self,
        out: str | Path,
        *,
        spec: str = "",
        preprocessing: Preprocessing | None = None,
        classes: Sequence[str] | None = None,
        epochs: Sequence[int] = EPOCHS,
        probes: Tensor | None = None,
    ) -> None:
        self._out, self._spec, self._kept = Path(out), spec, {0, *epochs}
        self._preprocessing, self._classes = preprocessing, classes
        self._probes = None if probes is None else probes.detach().clone()
        self._module: nn.Module | None = None
        self._steps: list[tuple[Any, float]] = []

    def start(
        self, module: nn.Module, optimizer: torch.optim.Optimizer | None = None, *, epoch: int = 0
    ) -> None:
        """Before the first step: keep the weights as they are.

        Args:
            module: the network.
            optimizer: whose first group's rate is written with each step.
            epoch: how many are done, where a recorded loop goes on.

        Raises:
            RunError: the folder holds a run, and this is none that goes on.
            NetworkError: there are probes, and the network's layers cannot be seen.
        """
        self._claim(epoch)
        self._module, self._optimizer = module, optimizer
        done = _steps_done(self._out, epoch)
        self._place = Place(done, epoch + 1)
        said = folder.metadata_of(self._preprocessing, self._classes)
        self._record = Record(self._out, {"arch": self._spec, **said}, self._place)
        self._before: Weights = weights_of(module)
        self._begun = perf_counter()
        if epoch == 0:
            self._record.checkpoint(0, module)
            self._probe(0)
            self._record.flush()

    def step(self, loss: Tensor | float) -> None:
        """After each step of the optimizer."""
        known = loss.detach().clone() if isinstance(loss, Tensor) else loss
        groups = self._optimizer.param_groups if self._optimizer else [{"lr": math.nan}]
        self._steps.append((known, float(groups[0]["lr"])))

    def epoch(self, **measured: float) -> None:
        """At an epoch's end: keep its row, its health, and its weights where they were asked for.

        Args:
            measured: of train_loss (default the mean of its steps'), train_accuracy,
                validation_loss, validation_accuracy.

        Raises:
            UsageError: another word; or ``start`` was not called.
        """
        module, record, epoch = self._begun_module(), self._record, self._place.epoch
        for name in measured:
            if name not in _MEASURED:
                raise UsageError(
                    f"No {name!r} is kept of an epoch. There are: {', '.join(_MEASURED)}. "
                    f"{nearest(name, _MEASURED)}".rstrip()
                )
        losses = [float(loss) for loss, _ in self._steps]
        for (_, rate), loss in zip(self._steps, losses, strict=True):
            self._place.step += 1
            record.step(self._place.step, loss, rate)
        record.epoch(self._row(losses) | measured)
        record.health(epoch, module, self._before)
        self._probe(epoch)
        record.checkpoint(epoch, module)
        record.flush()
        if epoch > 1 and epoch - 1 not in self._kept:
            store.remove(checkpoint_path(self._out, epoch - 1))
        self._place = replace(self._place, epoch=epoch + 1)
        self._before, self._begun, self._steps = weights_of(module), perf_counter(), []

    def _begun_module(self) -> nn.Module:
        if self._module is None:
            raise UsageError("Call start(net, optimizer) before the first step, then epoch().")
        return self._module

    def _row(self, losses: Sequence[float]) -> dict[str, float]:
        mean = sum(losses) / len(losses) if losses else math.nan
        return dict.fromkeys(COLUMNS, math.nan) | {
            "epoch": self._place.epoch,
            "step": self._place.step,
            "rate": self._steps[-1][1] if self._steps else math.nan,
            "train_loss": mean,
            "seconds": perf_counter() - self._begun,
        }

    def _probe(self, epoch: int) -> None:
        if self._probes is not None:
            size = (self._probes.shape[2], self._probes.shape[3])
            channels = self._probes.shape[1]
            bare = Preprocessing(size, None, mean=(0.0,) * channels, std=(1.0,) * channels)
            net = Net(self._begun_module(), self._preprocessing or bare)
            self._record.rows(probe_rows(epoch, net, self._probes))

    def _claim(self, epoch: int) -> None:
        known = (self._out / RUN).exists()
        if known and not epoch:
            raise RunError(
                f"{self._out} holds a run already. Record into another folder; or say how many "
                "epochs of it are done, to go on: start(net, optimizer, epoch=5)."
            )
        store.make_folder(self._out / CHECKPOINTS)
        folder.write_classes(self._out, self._classes)
        if not known:
            folder.write_json(self._out / RUN, self._facts())

    def _facts(self) -> dict[str, Any]:
        known = self._preprocessing
        return {
            "format": folder.FORMAT,
            "spec": self._spec,
            "options": None,
            "classes": None if self._classes is None else list(self._classes),
            "preprocessing": None if known is None else known.to_dict(),
            "threads": torch.get_num_threads(),
            "versions": versions(),
        }


def _steps_done(out: Path, epoch: int) -> int:
    rows = read_rows(out / HISTORY, COLUMNS)
    return max((row["step"] for row in rows if row["epoch"] <= epoch), default=0)
