"""Backward rules: what the deconvnet, guided backpropagation and the gradient do at each op.

Source: Zeiler & Fergus 2013, sec. 2.1 (unpool with switches, rectify the reconstruction, filter
with the transposed filters); Springenberg et al. 2015 for guided. Unpooling is the adjoint of
max pooling (overlapping windows add), which is what autograd's max-pool backward does; the
transposed filters are autograd's convolution backward. Only three kinds of op need a rule:

| op | deconvnet | guided | gradient |
|---|---|---|---|
| rectifier-like activation | max(R, 0) | max(R, 0) times the true derivative | true derivative |
| local response normalisation | passed through | passed through | true derivative |
| gate of a product | held at its forward value | held | true derivative |

Sigmoid, hard sigmoid, tanh, softmax and the normalisations that look at the image (group,
instance, layer) keep their derivative under every rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from convscope.net.gates import gate_of
from convscope.net.kinds import RECTIFIERS, spelling
from convscope.net.tape import Op, Ref, Tape
from convscope.net.watch import Follow, Stop, tensors_of

RuleName = Literal["deconvnet", "guided", "gradient"]


@dataclass(frozen=True)
class Rule:
    """A backward rule with its options."""

    name: RuleName = "deconvnet"
    lrn: Literal["pass", "derivative"] = "pass"
    gate: Literal["hold", "derivative"] = "hold"

    @property
    def is_plain(self) -> bool:
        """Whether it is the true derivative everywhere."""
        return self.name == "gradient"

    def applies(self, tape: Tape, op: Op) -> bool:
        """Whether the op's backward is other than its derivative."""
        if self.is_plain:
            return False
        if op.kind == "mul":
            return self.held(tape, op) is not None
        return op.kind in RECTIFIERS or (op.kind == "lrn" and self.lrn == "pass")

    def held(self, tape: Tape, op: Op) -> int | None:
        """The gate of a product, if this rule holds it at its forward value."""
        return gate_of(tape, op) if self.gate == "hold" and not self.is_plain else None


class Rectify(torch.autograd.Function):
    """An activation whose backward rectifies the reconstruction."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, activation: Callable[[Tensor], Tensor], derivative: bool, inplace: bool
    ) -> Tensor:
        """The activation itself, bit for bit, in place where it was in place."""
        ctx.activation = activation if derivative else None
        ctx.given = x.clone() if derivative else None
        if inplace:
            ctx.mark_dirty(x)
        return activation(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        """max(R, 0), times the true derivative for guided."""
        rectified = grads[0].clamp(min=0)
        if ctx.activation is not None:
            with torch.enable_grad():
                given = ctx.given.detach().requires_grad_()
                out = ctx.activation(given.clone())
            (rectified,) = torch.autograd.grad(out, given, rectified)
        return rectified, None, None, None


class PassThrough(torch.autograd.Function):
    """An op whose backward is the identity."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        """The op itself."""
        return function(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        """The reconstruction, unchanged."""
        return grads[0], None


class Ruled(Follow):
    """A forward whose autograd graph follows a rule; ends at the op ``until``.

    ``results`` holds that op's tensor; with ``keep``, a copy of every op's.
    """

    def __init__(self, tape: Tape, rule: Rule, *, until: int | None = None, keep: bool = False):
        super().__init__(tape)
        self.rule, self.until, self.keep = rule, until, keep
        self.results: dict[int, Tensor] = {}
        self.nodes: dict[Any, int] = {}
        """The autograd node of each op's result."""
        self._changed = {op.ordinal: op for op in tape.ops if rule.applies(tape, op)}
        self._ops: dict[int, list[Op]] = {}
        for op in tape.ops:
            self._ops.setdefault(op.ordinal, []).append(op)

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> Any:
        """Make the call under the rule."""
        op = self._changed.get(self.ordinal)
        if op is None or spelling(func) != self.tape.calls[self.ordinal]:
            return func(*args, **kwargs)
        if op.kind == "mul":
            gate = Ref(self.rule.held(self.tape, op) or 0)
            held = [a.detach() if op.args[i] == gate else a for i, a in enumerate(args)]
            named = {k: a.detach() if op.kwargs[k] == gate else a for k, a in kwargs.items()}
            return func(*held, **named)
        x, rest = (args[0], args[1:]) if args else (kwargs["input"], ())
        named = {key: value for key, value in kwargs.items() if key != "input"}

        def function(t: Tensor) -> Any:
            return func(t, *rest, **named)

        if op.kind == "lrn":
            return PassThrough.apply(x, function)  # type: ignore[no-untyped-call]
        return Rectify.apply(x, function, self.rule.name == "guided", op.inplace)  # type: ignore[no-untyped-call]

    def seen(self, ordinal: int, func: Callable[..., Any], result: Any) -> None:
        """Note the node of each op and stop at the last one wanted."""
        super().seen(ordinal, func, result)
        for op in self._ops.get(ordinal, ()):
            tensor = tensors_of(result)[op.item or 0]
            if tensor.grad_fn is not None:
                self.nodes[tensor.grad_fn] = op.number
            if self.keep:
                self.results[op.number] = tensor.detach().clone()
            if op.number == self.until:
                self.results[op.number] = tensor
                raise Stop
