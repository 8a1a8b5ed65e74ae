"""Cheap numbers of each layer's weights at an epoch's end: how large, and how far they went."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

Weights = Mapping[str, Tensor]
"""Of each convolution and linear layer, by the layer's name."""


@torch.no_grad()
def weights_of(module: nn.Module) -> dict[str, Tensor]:
    """A copy of the weights of every convolution and linear layer."""
    return {name: part.weight.detach().clone() for name, part in _layers(module)}


@torch.no_grad()
def weight_rows(epoch: int, module: nn.Module, before: Weights) -> list[dict[str, Any]]:
    """One row of health a layer.

    ``rms_max`` and ``rms_median`` are those of its filters' RMS (a filter is all that one output
    sees; far apart, a few filters dominate), ``norm`` the length of all its weights, ``update`` the
    length of their change since ``before`` over the length they had.
    """
    return [
        _row(epoch, name, part.weight.detach(), before.get(name)) for name, part in _layers(module)
    ]


def _row(epoch: int, name: str, weight: Tensor, before: Tensor | None) -> dict[str, Any]:
    rms = weight.flatten(1).double().square().mean(1).sqrt()
    had = math.nan if before is None else float(before.double().norm())
    went = math.nan if before is None else float((weight - before).double().norm())
    return {
        "epoch": epoch,
        "layer": name,
        "rms_max": float(rms.max()),
        "rms_median": float(rms.quantile(0.5)),
        "norm": float(weight.double().norm()),
        "update": went / had if had else math.nan,
        "dead": math.nan,
        "sparsity": math.nan,
    }


def is_finite(module: nn.Module) -> bool:
    """Whether every parameter is a number."""
    return all(bool(torch.isfinite(each).all()) for each in module.parameters())


def _layers(module: nn.Module) -> list[tuple[str, nn.Conv2d | nn.Linear]]:
    found = module.named_modules()
    return [(name, part) for name, part in found if isinstance(part, nn.Conv2d | nn.Linear)]
