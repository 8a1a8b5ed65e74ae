"""What a heat map is asked: which score, at which layer, and why there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from convscope.address import Look
from convscope.errors import AddressError, UsageError
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.net.evidence import averaged_head, evidence_layer
from convscope.net.net import Net
from convscope.net.tape import Tape
from convscope.net.target import Target, find_target
from convscope.results.layer import Layer

_AVERAGED = ("cam", "fastai")
"""Kinds that are read where global average pooling begins, and nowhere else."""


@dataclass(frozen=True)
class Question:
    """A score behind a layer whose cells are weighed."""

    target: Target
    against: Target | None
    layer: Layer
    reason: str

    def score(self, result: Tensor, tape: Tape) -> Tensor:
        """The target's score, less the other's, (n,), from the scores' own layout."""
        own = _at(self.target, result, tape)
        return own if self.against is None else own - _at(self.against, result, tape)

    def at(self, result: Tensor, tape: Tape) -> Question:
        """The same question with its cells fixed to the strongest in one image's result."""
        found = [
            target and replace(target, cell=target.strongest(target.values(result, tape)[0]))
            for target in (self.target, self.against)
        ]
        return replace(self, target=found[0] or self.target, against=found[1])


def ask(net: Net, target: str | Look, options: HeatmapOptions) -> Question:
    """Find the target, the class it is held against, and the layer.

    Raises:
        AddressError: there is no such thing, or the layer has no cells in space.
        HeadError: ``cam`` or ``fastai`` where they are not defined.
        ScoresError: a class of a network without a vector of scores.
        UsageError: options that exclude each other.
    """
    tape, found = net.tape(), find_target(net, target)
    other = find_target(net, options.against) if options.against else None
    _check_pair(found, other, options)
    layer, reason = _read_at(tape, found.layer, options)
    return Question(found, other, layer, reason)


def _read_at(tape: Tape, target: Layer, options: HeatmapOptions) -> tuple[Layer, str]:
    given = tape.layer(options.layer) if options.layer else None
    if options.kind in _AVERAGED:
        return _averaged(tape, target, given, options.kind)
    if given is None:
        return evidence_layer(tape, target)
    if not given.is_spatial:
        own = evidence_layer(tape, target)[0].name
        raise AddressError(
            f"{given.name} has no cells in space (one vector an image), so it has no heat map. "
            f"Leave the layer out, and {own} is taken; or choose one before it."
        )
    return given, f"{given.name}, as asked: {given.height} \u00d7 {given.width} cells"


def _averaged(tape: Tape, target: Layer, given: Layer | None, kind: str) -> tuple[Layer, str]:
    head = averaged_head(tape, target)
    if given is not None and given.number != head.layer.number:
        raise UsageError(
            f"{kind} is defined only where global average pooling begins, at {head.layer.name}; "
            f"not at {given.name}. Leave the layer out, or use gradcam there."
        )
    if kind == "fastai" and not head.is_direct:
        raise UsageError(
            "fast.ai's formula needs one map for each class before global average pooling; "
            f"here {head.layer.name} goes through linear ops first. Use cam."
        )
    size = f"{head.layer.height} \u00d7 {head.layer.width} cells"
    return head.layer, f"{head.layer.name}, the maps that global average pooling takes: {size}"


def _check_pair(target: Target, other: Target | None, options: HeatmapOptions) -> None:
    if options.kind == "fastai" and (other is not None or not target.is_class):
        raise UsageError(
            "fast.ai's formula mixes all classes by their probability, so it is of no unit and "
            "has no second class. Use cam or gradcam."
        )
    if other is None:
        return
    if other.layer.number != target.layer.number:
        raise UsageError(
            f"{target.name} and {other.name} are of different layers, so their scores cannot be "
            f"compared. Give one of {target.layer.name}."
        )
    if (other.terms, other.cell) == (target.terms, target.cell):
        raise UsageError(
            f"{target.name} against itself is zero everywhere. Name another class: --against."
        )


def _at(target: Target, result: Tensor, tape: Tape) -> Tensor:
    y, x = target.cell or (0, 0)
    return target.values(result, tape)[:, y, x]
