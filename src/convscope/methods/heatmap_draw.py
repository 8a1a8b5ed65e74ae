"""One heat map: one forward, one backward, one formula."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.methods.cam import FORMULAS, fastai
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.methods.question import Question
from convscope.net.between import Between, between
from convscope.net.full import prove, pull, ruled_forward
from convscope.net.net import Net
from convscope.net.rules import Rule
from convscope.net.scores import link_of
from convscope.net.tape import Tape
from convscope.net.target import Target
from convscope.results.shares import shares

_GUIDED = Rule("guided")


@dataclass(frozen=True)
class Drawn:
    """A map (h, w) and what it was made of."""

    map: Tensor
    signed: Tensor
    """The map before ``relu``."""
    found: Between
    question: Question
    """With its cells fixed."""
    value: float
    against_value: float | None
    probability: float | None


def draw(net: Net, question: Question, batch: Tensor, options: HeatmapOptions) -> Drawn:
    """The map of one image (1, c, h, w), and the scores.

    Raises:
        DataError: a score is not finite.
        RuleError: the gradient does not get from the score to the layer.
    """
    tape = net.tape()
    fixed = [question]

    def score(result: Tensor) -> Tensor:
        fixed[0] = question.at(result.detach(), tape)
        return fixed[0].score(result, tape)

    layers = (question.layer.number, question.target.layer.number)
    found = between(net, tape, batch, layers, score)
    target, other = fixed[0].target, fixed[0].against
    signed = _formula(options.kind, found, target, tape)
    return Drawn(
        map=signed.clamp(min=0) if options.relu else signed,
        signed=signed,
        found=found,
        question=fixed[0],
        value=_value(target, found.result, tape),
        against_value=None if other is None else _value(other, found.result, tape),
        probability=_probability(net, target, found.result),
    )


def guided_picture(net: Net, question: Question, batch: Tensor) -> Tensor:
    """The guided gradient of the score, (c, H, W); the backward starts at 1.

    Source: Springenberg et al. 2015, sec. 3.4.

    Raises:
        RuleError: guided backpropagation would be wrong on this network.
    """
    tape, number = net.tape(), question.target.layer.number
    prove(net, tape, _GUIDED, batch, number)
    image, watch = ruled_forward(net, tape, _GUIDED, batch, number)
    with torch.enable_grad():
        score = question.score(watch.results[number], tape)
    return pull(score, image, torch.ones_like(score))[0]


def _formula(kind: str, found: Between, target: Target, tape: Tape) -> Tensor:
    if kind == "fastai":
        return fastai(found.activation, _scores(target, found.result, tape).softmax(0)[None])
    return FORMULAS[kind](found.activation, found.gradient)


def _scores(target: Target, result: Tensor, tape: Tape) -> Tensor:
    """The one image's scores, (classes,)."""
    return result.movedim(tape.ops[target.layer.number].axes.index("c"), 0).flatten()


def _value(target: Target, result: Tensor, tape: Tape) -> float:
    return float(target.values(result, tape)[0][target.cell or (0, 0)])


def _probability(net: Net, target: Target, result: Tensor) -> float | None:
    """A class's share of the scores; None for what is no class."""
    if not target.is_class or target.channel is None:
        return None
    scores = _scores(target, result, net.tape()).cpu().double().numpy()
    return float(shares(scores, link_of(net))[target.channel])
