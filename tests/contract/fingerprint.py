"""Everything of a network and its surroundings that convscope must leave as it was."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules import module as globals_of_torch

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_forward_hooks_always_called")


def fingerprint(module: nn.Module) -> dict[str, Any]:
    """What to compare before and after: two of them are equal exactly when nothing changed."""
    return {
        "modules": [(name, id(part)) for name, part in module.named_modules()],
        "training": {name: part.training for name, part in module.named_modules()},
        "hooks": {
            name: [list(getattr(part, kind).items()) for kind in _HOOKS]
            for name, part in module.named_modules()
        },
        "global hooks": [
            len(getattr(globals_of_torch, kind))
            for kind in ("_global_forward_hooks", "_global_forward_pre_hooks")
        ],
        "parameters": {name: _tensor(p) for name, p in module.named_parameters()},
        "buffers": {name: _tensor(b) for name, b in module.named_buffers()},
        "attributes": {name: sorted(vars(part)) for name, part in module.named_modules()},
        "random": _random(),
        "switches": (
            torch.is_grad_enabled(),
            torch.backends.cudnn.deterministic,
            torch.backends.cudnn.benchmark,
            torch.are_deterministic_algorithms_enabled(),
            len(torch.overrides._get_current_function_mode_stack()),
        ),
    }


def _tensor(tensor: torch.Tensor) -> tuple[Any, ...]:
    grad = None if tensor.grad is None else (id(tensor.grad), _bytes(tensor.grad))
    return (id(tensor), tensor.data_ptr(), _bytes(tensor), tensor.requires_grad, grad)


def _bytes(tensor: torch.Tensor) -> bytes:
    return tensor.detach().numpy().tobytes()


def _random() -> tuple[Any, ...]:
    numpy = np.random.get_state(legacy=True)
    return (
        torch.get_rng_state().numpy().tobytes(),
        random.getstate(),
        (numpy[0], numpy[1].tobytes(), *numpy[2:]),
    )
