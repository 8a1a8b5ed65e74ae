"""Projections through the whole image: the reference that crops and cones are held to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.errors import GradientCutError, HiddenOpError, RuleError
from convscope.net.net import Net, run
from convscope.net.proof import check_complete, check_faithful
from convscope.net.rules import Rule, Ruled
from convscope.net.tape import Op, Tape

_PLAIN = Rule("gradient")
_NO_HOOKS = "convscope: saved-tensor hooks (activation checkpointing) are off while a rule runs"


@dataclass(frozen=True)
class Seed:
    """Where a projection starts: one cell of a channel, or its whole map (``cell=None``)."""

    channel: int
    cell: tuple[int, int] | None

    def fill(self, op: Op, activation: Tensor) -> Tensor:
        """An op's result for one image, with all but the seed set to zero."""
        index = op.index(0, self.channel, self.cell)
        seeded = torch.zeros_like(activation)
        seeded[index] = activation.detach()[index]
        return seeded


@dataclass(frozen=True)
class Blend:
    """Where a direction's projection starts: its channels, each times its weight, in one cell.

    ``cell=None`` starts from their whole maps. The channel ``k`` with weight 1 alone is the unit's
    own `Seed`.
    """

    terms: tuple[tuple[int, float], ...]
    cell: tuple[int, int] | None

    def fill(self, op: Op, activation: Tensor) -> Tensor:
        """An op's result for one image: in the seed weighted, zero elsewhere."""
        seeded = torch.zeros_like(activation)
        for channel, weight in self.terms:
            index = op.index(0, channel, self.cell)
            seeded[index] = activation.detach()[index] * weight
        return seeded


def activations(net: Net, tape: Tape, batch: Tensor, numbers: Iterable[int]) -> dict[int, Tensor]:
    """Copies of ops' results in one bare forward, each read before a later op overwrites it."""
    wanted = set(numbers)
    watch = Ruled(tape, _PLAIN, keep=True, until=max(wanted))
    run(net, batch.detach(), watch)
    return {number: watch.results[number] for number in wanted}


def ruled_forward(
    net: Net, tape: Tape, rule: Rule, batch: Tensor, number: int
) -> tuple[Tensor, Ruled]:
    """A forward under a rule, stopped after an op; with the input that gradients flow to.

    Raises:
        HiddenOpError: the network checkpoints its activations.
    """
    image = batch.detach().clone().requires_grad_()
    watch = Ruled(tape, rule, until=number)
    with without_checkpoints(), torch.enable_grad():
        run(net, image.clone(), watch)  # a copy: no network can write into a leaf
    return image, watch


def pull(activation: Tensor, image: Tensor, start: Tensor, *, keep: bool = False) -> Tensor:
    """The gradient of a forward under a rule, from a seed to the image; ``keep`` to ask again.

    Raises:
        GradientCutError: the network overwrites values its own gradient needs.
    """
    try:
        (grad,) = torch.autograd.grad(activation, image, start, retain_graph=keep)
    except RuntimeError as error:
        if "modified by an inplace operation" not in str(error):
            raise
        raise GradientCutError(
            "The network overwrites in place a value that its gradient needs, so it has none: "
            f"{str(error).partition('Hint')[0].strip()} Take the in-place op out of its forward."
        ) from None
    return grad.detach()


@contextmanager
def without_checkpoints() -> Iterator[None]:
    """Refuse saved-tensor hooks: what a checkpoint computes again, no rule and no note reaches.

    Raises:
        HiddenOpError: the network checkpoints its activations.
    """
    try:
        with torch.autograd.graph.disable_saved_tensors_hooks(_NO_HOOKS):
            yield
    except Exception as error:
        if _NO_HOOKS in str(error):
            raise HiddenOpError(
                "This network checkpoints its activations: they are computed again during the "
                "backward, where no rule reaches. Switch checkpointing off in its forward."
            ) from None
        raise


def prove(net: Net, tape: Tape, rule: Rule, batch: Tensor, number: int) -> None:
    """Stand the two proofs, once for each rule and once for each op.

    Raises:
        RuleError: this network or op cannot be projected under the rule.
    """
    known = net.proofs.setdefault((id(tape), rule), set())
    if not known:
        _prove_faithful(net, tape, rule, batch)
    if number not in known:
        image, watch = ruled_forward(net, tape, rule, batch, number)
        check_complete(tape, rule, watch, number, image)
        known.add(number)


def _prove_faithful(net: Net, tape: Tape, rule: Rule, batch: Tensor) -> None:
    last = tape.ops[-1].number
    bare = Ruled(tape, _PLAIN, keep=True)
    run(net, batch.detach(), bare)
    with without_checkpoints(), torch.enable_grad():
        ruled = Ruled(tape, rule, keep=True)
        run(net, batch.detach().clone().requires_grad_().clone(), ruled)
    if last not in bare.results:
        raise RuleError(
            "The network stopped before the end of its tape, so it ran other ops than when it was "
            "traced. Take out of its forward what changes from run to run."
        )
    check_faithful(bare.results, ruled.results, tape)


def project_full(
    net: Net,
    tape: Tape,
    rule: Rule,
    batch: Tensor,
    number: int,
    seeds: Sequence[Seed | Blend],
) -> Iterator[tuple[float, Tensor]]:
    """Project units or directions of one layer of one image (1, c, h, w) from one forward.

    Yields:
        The seed's activation (the sum of the map, for a whole map) and the projection (c, h, w)
        in network-input units.
    """
    prove(net, tape, rule, batch, number)
    image, watch = ruled_forward(net, tape, rule, batch, number)
    activation = watch.results[number]
    for seed in seeds:
        start = seed.fill(tape.ops[number], activation)
        grad = pull(activation, image, start, keep=True)
        yield float(start.sum()), grad[0]
