"""The same heat map for a twin with shuffled weights: what it looks like by chance."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from convscope.errors import NetworkError
from convscope.methods.heatmap_draw import Drawn, draw
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.methods.question import Question
from convscope.methods.similarity import similarity
from convscope.net.net import Net
from convscope.net.twin import twin

_TRIES = 4
"""Twins in which the class may be silent before there is said to be none: half of them are."""


@dataclass(frozen=True)
class Beside:
    """A twin's map (h, w) and how alike it is; or why there is none."""

    map: Tensor | None = None
    similarity: float | None = None
    seed: int | None = None
    note: str = ""


def beside(
    net: Net, question: Question, drawn: Drawn, batch: Tensor, options: HeatmapOptions
) -> Beside:
    """The first twin's map that is not zero everywhere, at the same cells of the same layer."""
    for seed in range(options.seed, options.seed + _TRIES):
        try:
            other = draw(twin(net, seed), drawn.question, batch, options).map
        except NetworkError as error:
            return Beside(note=f"There is no twin with random weights: {error}")
        if bool(other.any()) and bool(other.isfinite().all()):
            alike = similarity(drawn.map.cpu().numpy(), other.cpu().numpy())
            return Beside(other, alike, seed)
    return Beside(
        note=f"In {_TRIES} twins with random weights {question.target.name} has no map at all, so "
        "there is nothing to compare with."
    )
