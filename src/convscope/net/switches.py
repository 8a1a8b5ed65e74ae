"""Pooling switches: one bare forward per image keeps which tap of each window was largest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from convscope.geometry.window import Reach, Window
from convscope.net.kinds import spelling
from convscope.net.local import pair
from convscope.net.tape import Op, Tape
from convscope.net.watch import Follow, Stop, tensors_of

Switches = Mapping[int, Tensor]
"""For each max-pooling op, which tap of each window was largest: (c, h, w), uint8."""


class SwitchWatch(Follow):
    """A bare forward that keeps pooling switches, and the values of some cells on the way.

    Args:
        tape: the network's tape.
        pools: max-pooling ops whose switches to keep.
        cells: pairs of an op's number and an index into its result; `values` has one each.
        until: end the forward after this op.
    """

    def __init__(
        self,
        tape: Tape,
        pools: Sequence[int],
        cells: Sequence[tuple[int, Any]] = (),
        until: int | None = None,
    ) -> None:
        super().__init__(tape)
        self.until = tape.ops[-1 if until is None else until].ordinal
        self._pools = {tape.ops[n].ordinal: tape.ops[n] for n in pools}
        self._cells: dict[int, list[tuple[int, int, Any]]] = {}
        for place, (number, index) in enumerate(cells):
            op = tape.ops[number]
            self._cells.setdefault(op.ordinal, []).append((place, op.item or 0, index))
        self.values: dict[int, Tensor] = {}
        self.switches: dict[int, Tensor] = {}

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> Any:
        """Pool with indices where switches are wanted; the values are the same."""
        op = self._pools.get(self.ordinal)
        if op is None or spelling(func) != self.tape.calls[self.ordinal]:
            return func(*args, **kwargs)
        image = args[0] if args else kwargs["input"]
        keys = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
        window = {key: op.bound[key] for key in keys if op.bound.get(key) is not None}
        out, flat = F.max_pool2d(image, **window, return_indices=True)
        self.switches[op.number] = _taps(op, flat, image.shape[3])
        return (out, flat) if op.item is not None else out

    def seen(self, ordinal: int, func: Callable[..., Any], result: Any) -> None:
        """Read the wanted cells before a later op overwrites them."""
        super().seen(ordinal, func, result)
        for place, item, index in self._cells.get(ordinal, ()):
            self.values[place] = tensors_of(result)[item][index].detach().clone()
        if ordinal == self.until:
            raise Stop


def _taps(op: Op, flat: Tensor, width: int) -> Tensor:
    """Flat argmax positions (n, c, h, w) as taps, ``ky * kernel_width + kx``, uint8."""
    kernel = pair(op.bound["kernel_size"])
    dilation = pair(op.bound.get("dilation", 1))
    rows, columns = _rows(op, flat, width), _starts(op, 1, flat)
    ky = rows - _starts(op, 0, flat)
    kx = flat.to(torch.int32) - rows * width - columns
    ky = ky // dilation[0] if dilation[0] > 1 else ky
    kx = kx // dilation[1] if dilation[1] > 1 else kx
    return (ky * kernel[1] + kx).to(torch.uint8)


def _rows(op: Op, flat: Tensor, width: int) -> Tensor:
    """Row of each flat position, by comparisons: vector units divide whole numbers slowly."""
    first = _starts(op, 0, flat).clamp(min=0)
    where = flat.to(torch.int32) - first * width
    rows = torch.zeros_like(where)
    size = getattr((op.reaches or (Window(), Window()))[0], "size", 1)
    for row in range(1, size):
        rows += where >= row * width
    return rows + first


def _starts(op: Op, axis: int, like: Tensor) -> Tensor:
    """Where each window starts along an axis, shaped to broadcast."""
    reach: Reach = (op.reaches or (Window(), Window()))[axis]
    cells = torch.arange(like.shape[2 + axis], dtype=torch.int32, device=like.device)
    starts = cells * int(reach.ratio) - getattr(reach, "padding", 0)
    return starts.view((-1, 1) if axis == 0 else (1, -1))
