"""Activations as anybody would read them: forward hooks on a copy, one module at a time."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn


def hooked(module: nn.Module, batch: Tensor, name: str) -> np.ndarray:  # type: ignore[type-arg]
    """What the module of this name returns, (C, h, w), copied before anything overwrites it."""
    copy, kept = deepcopy(module).eval(), {}
    part = copy.get_submodule(name)
    part.register_forward_hook(lambda m, given, result: kept.update({name: result.clone()}))
    with torch.no_grad():
        copy(batch)
    found: np.ndarray = kept[name][0].double().numpy()  # type: ignore[type-arg]
    return found


def histogram(values: np.ndarray, edges: np.ndarray) -> list[int]:  # type: ignore[type-arg]
    """How many values lie in each bin: at or above its lower edge by magnitude, zero by itself."""
    counts = [0] * (len(edges) - 1)
    zero = next(i for i in range(len(counts)) if edges[i] == edges[i + 1] == 0)
    for value in values.ravel().tolist():
        if value == 0:
            counts[zero] += 1
        elif value > 0:
            counts[max(i for i in range(zero + 1, len(counts)) if edges[i] <= value)] += 1
        else:
            counts[min(i for i in range(zero) if value <= edges[i + 1])] += 1
    return counts
