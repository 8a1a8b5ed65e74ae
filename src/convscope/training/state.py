"""Where a run stands, so that a killed one goes on to the same losses: safetensors, no pickle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.optim import Optimizer

from convscope.atlas import store
from convscope.errors import CorruptError
from convscope.training.folder import to_bytes
from convscope.training.weights import Weights, weights_of

_MODULE, _OPTIMIZER, _BEFORE, _KEY = "module.", "optimizer.", "before.", "convscope"


@dataclass
class Place:
    """How far a run is. Order, crops and dropout follow from the seed and these numbers alone."""

    step: int = 0
    """Steps done in all."""
    epoch: int = 1
    """The epoch under way."""
    batch: int = 0
    """Its batches that are done."""
    loss: float = 0.0
    """Sum over its images so far."""
    right: int = 0
    """Of those, how many were guessed."""
    seen: int = 0
    """How many they are."""
    seconds: float = 0.0
    """Spent on it."""

    def add(self, loss: float, right: int, count: int) -> None:
        """One more batch is done, with this mean loss."""
        self.step, self.batch = self.step + 1, self.batch + 1
        self.loss, self.right = self.loss + loss * count, self.right + right
        self.seen += count

    def row(self, rate: float, seconds: float) -> dict[str, float]:
        """What an epoch's row says of its training."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "rate": rate,
            "train_loss": self.loss / self.seen,
            "train_accuracy": self.right / self.seen,
            "seconds": seconds,
        }

    def next_epoch(self) -> Place:
        """The beginning of the next."""
        return Place(self.step, self.epoch + 1)


def save_state(
    path: Path, place: Place, module: nn.Module, optimizer: Optimizer, before: Weights
) -> None:
    """Write weights, the optimizer's memory and the place, whole.

    Args:
        path: of the file.
        place: how far the run is.
        module: the network.
        optimizer: its optimizer.
        before: the weights at the beginning of the epoch; not written where they are the weights.
    """
    tensors = {f"{_MODULE}{key}": value for key, value in module.state_dict().items()}
    for number, memory in optimizer.state_dict()["state"].items():
        known = {name: value for name, value in memory.items() if value is not None}
        tensors |= {f"{_OPTIMIZER}{number}.{name}": value for name, value in known.items()}
    if place.batch:
        tensors |= {f"{_BEFORE}{key}": value for key, value in before.items()}
    last = [key for key, value in tensors.items() if _is_channels_last(value)]
    values = {"place": asdict(place), "channels_last": last}
    store.write(path, to_bytes(tensors, {_KEY: json.dumps(values)}))


def read_place(path: Path) -> Place:
    """How far a run is, without its weights; its start where there is no such file.

    Raises:
        CorruptError: the file is not as it was written.
    """
    if not path.is_file():
        return Place()
    with _opened(path) as (_, values):
        return Place(**values["place"])


def load_state(path: Path, module: nn.Module, optimizer: Optimizer) -> tuple[Place, Weights]:
    """Put a run where it stood, or at its start.

    Returns:
        How far it is, and the weights at the beginning of the epoch under way.

    Raises:
        CorruptError: the file is not as it was written.
    """
    if not path.is_file():
        return Place(), weights_of(module)
    with _opened(path) as (file, values):
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        for key in values["channels_last"]:  # a strided sum may round otherwise than a dense one
            tensors[key] = tensors[key].contiguous(memory_format=torch.channels_last)
        place = Place(**values["place"])
    module.load_state_dict(_part(tensors, _MODULE))
    _remember(optimizer, _part(tensors, _OPTIMIZER))
    before = _part(tensors, _BEFORE)
    return place, before if place.batch else weights_of(module)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The file, and what its header says of the run."""
    try:
        with safe_open(path, framework="pt") as file:
            yield file, json.loads((file.metadata() or {})[_KEY])
    except (SafetensorError, KeyError, OSError, TypeError, ValueError) as error:
        raise CorruptError(
            f"{path} is not as it was written ({error}). Remove it to begin again, or train into "
            "another folder."
        ) from None


def _is_channels_last(value: Tensor) -> bool:
    return (
        value.dim() == 4
        and not value.is_contiguous()
        and value.is_contiguous(memory_format=torch.channels_last)
    )


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _remember(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    memory: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        memory.setdefault(int(number), {})[name] = value
    saved = optimizer.state_dict()
    optimizer.load_state_dict({"state": memory, "param_groups": saved["param_groups"]})
