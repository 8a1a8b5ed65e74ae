"""What lies between an inner layer and a later one: activations, and the gradient of a score.

Heat maps need d(score)/d(activation) at a layer inside the network. The gradient is that of the
tensor as its op made it: a later in-place op (``ReLU(inplace=True)``) has its own node in the
autograd graph, so the edge noted at the op still stands for the value before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from convscope.errors import AddressError, GradientCutError
from convscope.geometry.walk import IMAGE
from convscope.net.full import without_checkpoints
from convscope.net.net import Net, run
from convscope.net.rules import Rule, Ruled
from convscope.net.tape import Op, Tape
from convscope.net.watch import tensors_of

_PLAIN = Rule("gradient")


@dataclass(frozen=True)
class Between:
    """A layer of one forward, and the gradient of a later score with respect to it."""

    activation: Tensor
    """(n, c, h, w), before any later op overwrites it."""
    gradient: Tensor
    """(n, c, h, w), of the scores' sum over the batch."""
    result: Tensor
    """The later op's result, in its own layout."""


class _Noted(Ruled):
    """A plain forward up to one op that notes an earlier op's value and its place in the graph."""

    def __init__(self, tape: Tape, inner: int, until: int) -> None:
        super().__init__(tape, _PLAIN, until=until)
        self._inner = tape.ops[inner]
        self.tensor: Tensor | None = None
        self.value = torch.empty(0)
        self.edge: GradientEdge | None = None

    def seen(self, ordinal: int, func: Callable[..., Any], result: Any) -> None:
        """Note the inner op where it happens, before a later op overwrites it."""
        if ordinal == self._inner.ordinal:
            self.tensor = tensors_of(result)[self._inner.item or 0]
            self.value = self.tensor.detach().clone()
            self.edge = get_gradient_edge(self.tensor) if self.tensor.requires_grad else None
        super().seen(ordinal, func, result)

    def has_moved(self) -> bool:
        """Whether autograd made the tensor's node anew: what was written went into a view."""
        tensor, edge = self.tensor, self.edge
        if tensor is None or edge is None or not tensor._is_view():
            return False
        return tensor.grad_fn is not edge.node


def between(
    net: Net, tape: Tape, batch: Tensor, layers: tuple[int, int], score: Callable[[Tensor], Tensor]
) -> Between:
    """Activations of a layer and the gradient of a later score: one forward, one backward.

    Args:
        net: the network; it is the same afterwards.
        tape: its tape for this size of input.
        batch: (n, c, h, w), the network's input.
        layers: tape numbers of the inner layer and of the later one that the score is read from.
        score: from the later op's result, in its own layout, to numbers whose sum is derived.

    Raises:
        AddressError: the later layer does not depend on the inner one.
        GradientCutError: detach, ``.data``, ``no_grad`` or a write into a view lies between.
        HiddenOpError: the network checkpoints its activations.
    """
    _check_way(tape, *layers)
    watch = _Noted(tape, *layers)
    image = batch.detach().clone().requires_grad_()
    with without_checkpoints(), torch.enable_grad():
        run(net, image.clone(), watch)  # a copy: no network can write into a leaf
        result = watch.results[layers[1]]
        gradient = _derived(tape, layers, watch, score(result).sum())
    op = tape.ops[layers[0]]
    return Between(_planes(op, watch.value), _planes(op, gradient), result.detach())


def reached(net: Net, tape: Tape, batch: Tensor, number: int) -> Tensor:
    """One op's result in its own layout, (n, ...), from a bare forward that ends there."""
    watch = Ruled(tape, _PLAIN, until=number)
    run(net, batch.detach(), watch)
    return watch.results[number].detach()


def way(tape: Tape, start: int, end: int) -> tuple[int, ...]:
    """Tape numbers of the ops on paths from one op (or the image) to another, both included."""
    after = {start}
    for op in tape.ops:
        if not after.isdisjoint(op.inputs):
            after.add(op.number)
    before, pending = {end}, [end]
    while pending:
        here = pending.pop()
        sources = tape.ops[here].inputs if here != IMAGE else ()
        fresh = set(sources) - before
        before |= fresh
        pending += fresh
    return tuple(sorted(after & before))


def _check_way(tape: Tape, start: int, end: int) -> None:
    first, last = tape.ops[start].name, tape.ops[end].name
    ops = way(tape, start, end)
    if start == end or start not in ops:
        raise AddressError(
            f"{last} does not come after {first}, so nothing of {first} reaches it. Choose a "
            f"layer before {last}."
        )
    cut = next((tape.ops[n] for n in ops if n > start and tape.ops[n].cut), None)
    if cut is not None:
        raise GradientCutError(_cut(first, last, f"{cut.name} ({cut.kind})"))


def _derived(tape: Tape, layers: tuple[int, int], watch: _Noted, score: Tensor) -> Tensor:
    first, last = (tape.ops[number].name for number in layers)
    if watch.edge is None or not score.requires_grad:
        raise GradientCutError(_cut(first, last, "an op that keeps none"))
    if watch.has_moved():
        raise GradientCutError(
            f"{first} is a view of another tensor that the network writes into later, so it has "
            "no gradient of its own. Choose the layer before or after it."
        )
    try:
        (found,) = torch.autograd.grad(score, watch.edge, allow_unused=True)
    except RuntimeError as error:
        said = str(error)
        if "heckpoint" in said:
            raise GradientCutError(_cut(first, last, "a checkpoint")) from None
        if "modified by an inplace operation" not in said:
            raise
        raise GradientCutError(
            f"Between {first} and {last} the network overwrites in place a value that its gradient "
            f"needs: {said.partition('Hint')[0].strip()} Take the in-place op out of its forward."
        ) from None
    if found is None:
        raise GradientCutError(_cut(first, last, "an op that autograd does not see"))
    return found.detach()


def _cut(first: str, last: str, where: str) -> str:
    return (
        f"The gradient from {last} to {first} stops at {where}: detach, .data, no_grad or a "
        "checkpoint. Take it out of the forward, or choose a layer after it."
    )


def _planes(op: Op, tensor: Tensor) -> Tensor:
    """An op's tensor as (n, c, h, w)."""
    order = [op.axes.index(axis) for axis in "nchw" if axis in op.axes]
    planes = tensor.permute(order)
    return planes if planes.dim() == 4 else planes[:, :, None, None]
