"""The network is a guest: whatever a run changes in it is put back, whatever happens."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn


@contextmanager
def guest(module: nn.Module) -> Iterator[None]:
    """Evaluation mode, seeded and deterministic, for one run; everything restored after it.

    Restored also after an exception or Ctrl-C: each submodule's training flag (set directly, so
    that an overridden ``train`` does not run), buffers, random states and kernel flags.
    """
    with ExitStack() as undo:
        _keep_flags(module, undo)
        _keep_buffers(module, undo)
        _keep_random(undo)
        undo.enter_context(_deterministic())
        yield


def seed() -> None:
    """Start every run from the same random state, so that a network that draws can be compared."""
    torch.manual_seed(0)
    random.seed(0)


def _keep_flags(module: nn.Module, undo: ExitStack) -> None:
    flags = [(part, part.training) for part in module.modules()]

    def restore() -> None:
        for part, training in flags:
            part.training = training

    undo.callback(restore)
    for part, _ in flags:
        part.training = False


def _keep_buffers(module: nn.Module, undo: ExitStack) -> None:
    kept = [(b, b._version, b.detach().clone()) for b in module.buffers() if not b.is_inference()]

    def restore() -> None:
        with torch.no_grad():
            for buffer, version, value in kept:
                if buffer._version != version:
                    buffer.copy_(value)

    undo.callback(restore)


def _keep_random(undo: ExitStack) -> None:
    states: list[Any] = [(random.setstate, random.getstate())]
    states.append((torch.set_rng_state, torch.get_rng_state()))
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        states.append((torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all()))
    if torch.backends.mps.is_available():
        states.append((torch.mps.set_rng_state, torch.mps.get_rng_state()))
    for restore, state in states:
        undo.callback(restore, state)


@contextmanager
def _deterministic() -> Iterator[None]:
    with torch.backends.cudnn.flags(
        enabled=torch.backends.cudnn.enabled, benchmark=False, deterministic=True, allow_tf32=False
    ):
        yield
