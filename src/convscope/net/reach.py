"""A forward to a few layers, with the gradient back to whatever made its batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from convscope.errors import ForwardError, TraceError
from convscope.net.apart import is_apart
from convscope.net.full import prove, without_checkpoints
from convscope.net.net import Net, run
from convscope.net.rules import Rule
from convscope.net.tape import Tape
from convscope.net.watch import Follow, Stop, tensors_of

_FORMATS = (torch.channels_last, torch.contiguous_format)
"""Of batches, the faster one on CPUs first; ``x.view(n, -1)`` takes only the other."""


class _Reach(Follow):
    """Keeps ops' results with their place in the graph, and ends after the last."""

    def __init__(self, tape: Tape, numbers: Iterable[int]) -> None:
        super().__init__(tape)
        self.results: dict[int, Tensor] = {}
        self._at = {n: tape.ops[n] for n in numbers}
        self._last = max(op.ordinal for op in self._at.values())

    def seen(self, ordinal: int, func: Callable[..., Any], result: Any) -> None:
        """Keep what is wanted of this call, before a later op overwrites it."""
        super().seen(ordinal, func, result)
        for number, op in self._at.items():
            if op.ordinal == ordinal:
                tensor = tensors_of(result)[op.item or 0]
                self.results[number] = tensor if ordinal == self._last else tensor.clone()
        if ordinal == self._last:
            raise Stop


@dataclass(frozen=True)
class Forward:
    """A network up to a few layers, on one size of input, proved once and then only run."""

    net: Net
    tape: Tape
    numbers: tuple[int, ...]
    layout: torch.memory_format
    rows: int | None
    """How many inputs may share a forward; None: any number."""

    def __call__(self, batch: Tensor) -> dict[int, Tensor]:
        """Layers by number, (n, C, h, w), with the graph back to ``batch`` (n, c, h, w).

        Raises:
            ForwardError: the network raised inside.
        """
        rows = self.rows or len(batch)
        parts = [self._run(batch[at : at + rows]) for at in range(0, len(batch), rows)]
        if len(parts) == 1:
            return parts[0]
        return {number: torch.cat([part[number] for part in parts]) for number in self.numbers}

    def _run(self, batch: Tensor) -> dict[int, Tensor]:
        watch = _Reach(self.tape, self.numbers)
        run(self.net, batch.contiguous(memory_format=self.layout), watch)
        return {number: self._planes(number, found) for number, found in watch.results.items()}

    def _planes(self, number: int, result: Tensor) -> Tensor:
        op = self.tape.ops[number]
        planes = result.permute([op.axes.index(axis) for axis in "nchw" if axis in op.axes])
        return planes.reshape(*planes.shape[:2], *(planes.shape[2:] or (1, 1)))


def forward_to(net: Net, numbers: Iterable[int], size: tuple[int, int] | None = None) -> Forward:
    """Prepare forwards to layers, the gradient proved complete from each to the image.

    Args:
        net: the network.
        numbers: of the layers, on the tape.
        size: (h, w) of the input, where it is not the network's own.

    Raises:
        TraceError: on this size the network cannot be followed.
        GradientCutError: detach, ``.data`` or ``no_grad`` lies between a layer and the image.
        HiddenOpError: the network checkpoints its activations.
    """
    wanted = tuple(sorted(set(numbers)))
    own = net.preprocessing.size
    tape = net.tape() if size in (None, own) else net.tape(size, until=max(wanted))
    with net.hosted():
        for number in wanted:  # on the network's own input, which the whole tape is of
            prove(net, net.tape(), Rule("gradient"), _noise(net, own), number)
        apart = all(is_apart(net, number) for number in wanted)
        probe = _noise(net, size or own)
        layout, rows = _route(net, tape, wanted, probe) if apart else (_FORMATS[1], 1)
    return Forward(net, tape, wanted, layout, rows)


def _noise(net: Net, size: tuple[int, int]) -> Tensor:
    drawn = torch.Generator().manual_seed(0)
    noise = torch.rand((1, net.input_shape[1], *size), generator=drawn)
    return noise.to(net.device, net.dtype)


def _route(
    net: Net, tape: Tape, numbers: tuple[int, ...], probe: Tensor
) -> tuple[torch.memory_format, int | None]:
    """The layout of batches that the network takes, and whether it takes more than one input."""
    pair = probe.expand(2, -1, -1, -1).requires_grad_()
    for layout in _FORMATS:
        with suppress(ForwardError, TraceError), without_checkpoints():
            Forward(net, tape, numbers, layout, None)(pair)
            return layout, None
    return _FORMATS[1], 1
