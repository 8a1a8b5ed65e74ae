"""The network is a guest: whatever a run changes in it is put back, whatever happens."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


@contextmanager
def guest(module: nn.Module) -> Iterator[None]:
    """Evaluation mode and deterministic kernels for one run; everything restored after it.

    Restored also after an exception or Ctrl-C: each submodule's training flag (set directly, so
    that an overridden ``train`` does not run), buffers, random states and kernel flags.
    """
    with ExitStack() as undo:
        _keep_flags(module, undo)
        _keep_buffers(module, undo)
        _keep_random(undo)
        undo.enter_context(_deterministic())
        yield


@contextmanager
def untouched() -> Iterator[None]:
    """Deterministic kernels for work on a network of one's own, which may draw.

    Random states and kernel flags are as before afterwards, whatever happens.
    """
    with ExitStack() as undo:
        _keep_random(undo)
        undo.enter_context(_deterministic())
        yield


def seed(draw: int = 0) -> None:
    """Start every run from the same random state, so that a network that draws can be compared."""
    torch.manual_seed(draw)
    np.random.seed(draw)  # the one networks draw from
    random.seed(draw)


def _keep_flags(module: nn.Module, undo: ExitStack) -> None:
    flags = [(part, part.training) for part in module.modules()]

    def restore() -> None:
        for part, training in flags:
            part.training = training

    undo.callback(restore)
    for part, _ in flags:
        part.training = False


def _keep_buffers(module: nn.Module, undo: ExitStack) -> None:
    # By identity too: a forward may write `self.seen = self.seen + 1` into its buffers.
    places = [(part, name, buffer) for part in module.modules() for name, buffer in _own(part)]
    kept = [(b, b.detach().clone()) for b in dict.fromkeys(b for _, _, b in places)]

    def restore() -> None:
        with torch.no_grad():
            for buffer, value in kept:
                if not torch.equal(buffer, value):  # .data writes leave no other trace
                    buffer.copy_(value)
        for part, name, buffer in places:
            part._buffers[name] = buffer

    undo.callback(restore)


def _own(part: nn.Module) -> list[tuple[str, Tensor]]:
    found = [(name, buffer) for name, buffer in part._buffers.items() if buffer is not None]
    return [(name, buffer) for name, buffer in found if not buffer.is_inference()]


def _keep_random(undo: ExitStack) -> None:
    states: list[Any] = [(random.setstate, random.getstate())]
    states.append((np.random.set_state, np.random.get_state()))
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
