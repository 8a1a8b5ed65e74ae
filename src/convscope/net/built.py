"""What a spec names, before weights and preprocessing are settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from convscope.preprocess import Preprocessing


@dataclass(frozen=True)
class Built:
    """A module with what its origin says about it."""

    module: nn.Module
    pretrained: Mapping[str, Any] | None = None
    """The origin's own preprocessing, in timm's or torchvision's words."""
    labels: Sequence[str] | None = None
    keys: Sequence[str] | None = None
    weights: Path | None = None
    """Weights that belong to it, used where none are given."""


def settings_of(preprocessing: Preprocessing) -> dict[str, Any]:
    """A preprocessing in torchvision's words.

    >>> settings_of(Preprocessing((8, 8), None))["resize_size"]
    0
    """
    return {
        "crop_size": preprocessing.size,
        "resize_size": preprocessing.resize or 0,
        "interpolation": preprocessing.interpolation,
        "mean": preprocessing.mean,
        "std": preprocessing.std,
    }


@contextmanager
def seeded() -> Iterator[None]:
    """Random weights drawn inside are the same each time; the caller's random state is kept.

    So a network without weights can be rebuilt, and is known again by its fingerprint.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield
