"""The network lent to foreign code, which may hang hooks, swap modules, fill gradients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from convscope.net.net import Net


@contextmanager
def lent(net: Net) -> Iterator[nn.Module]:
    """Give out a network's module for a while; all of it is as before afterwards.

    Restored beside what `Net.hosted` restores, also after an exception or Ctrl-C: every attribute
    of every submodule (its hooks, parts and buffers are such) and every parameter's values,
    ``requires_grad`` and ``grad``, which is empty meanwhile.

    >>> from convscope.preprocess import Preprocessing
    >>> one = Net(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), Preprocessing((8, 8), None))
    >>> with lent(one) as module:
    ...     module[1] = nn.Identity()
    >>> one.module[1]
    ReLU()
    """
    with net.hosted(), ExitStack() as undo:
        for part in net.module.modules():
            undo.callback(_restore_part, part, _attributes(part))
        for parameter in net.module.parameters():
            kept = (parameter.data, parameter.detach().clone(), parameter.requires_grad)
            undo.callback(_restore_parameter, parameter, kept, parameter.grad)
            parameter.grad = None
        yield net.module


def _attributes(part: nn.Module) -> dict[str, tuple[Any, Any]]:
    """Every attribute, and a copy of what is in those that hold others."""
    return {
        name: (value, value.copy() if isinstance(value, dict | set | list) else None)
        for name, value in vars(part).items()
    }


def _restore_part(part: nn.Module, kept: dict[str, tuple[Any, Any]]) -> None:
    attributes = vars(part)
    attributes.clear()
    for name, (value, inside) in kept.items():
        if inside is not None:  # the same object: handles of hooks know it
            value.clear()
            value.extend(inside) if isinstance(value, list) else value.update(inside)
        attributes[name] = value


def _restore_parameter(parameter: nn.Parameter, kept: tuple[Any, ...], grad: Any) -> None:
    data, values, requires_grad = kept
    with torch.no_grad():
        if parameter.data_ptr() != data.data_ptr():
            parameter.data = data
        if not torch.equal(parameter, values):
            parameter.copy_(values)
    parameter.requires_grad_(requires_grad)
    parameter.grad = grad
