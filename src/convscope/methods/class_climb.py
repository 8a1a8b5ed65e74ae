"""The two climbs of classes, made ready once: of the score, and of the log-probability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.methods.log_odds import log_odds
from convscope.methods.options.class_pictures import ClassPicturesOptions
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.reach import Forward, forward_to
from convscope.net.scores import link_of, scores_layer
from convscope.results.layer import Layer
from convscope.results.shares import Link
from convscope.synthesis.climb import Ascent, Climb, climb
from convscope.synthesis.natural import Natural
from convscope.synthesis.objective import Channels, Objective, Probability
from convscope.synthesis.parameterization import Parameterization, parameterize
from convscope.synthesis.presets import PRESETS, SHARP
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.score import rounded
from convscope.synthesis.shown import pictures

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Stage:
    """What all pictures share."""

    net: Net
    layer: Layer
    """Of the scores."""
    link: Link
    recipe: Recipe
    natural: Natural
    forward: Forward
    parameterization: Parameterization
    start: Tensor
    """(1, ...): the parameters of the noise."""


@dataclass(frozen=True)
class Row:
    """What the network says of one picture of each class, and the pictures as shown."""

    pictures: Pixels
    """(n, h, w, c)."""
    scores: NDArray[np.float64]
    """(n,) of the class, of the picture in 8 bits."""
    odds: NDArray[np.float64]
    """(n,) its log-odds."""
    answers: tuple[int, ...]
    status: tuple[str, ...]


def joined(rows: Sequence[Row]) -> Row:
    """Rows of several batches of classes as one."""
    return Row(
        np.concatenate([row.pictures for row in rows]),
        np.concatenate([row.scores for row in rows]),
        np.concatenate([row.odds for row in rows]),
        tuple(answer for row in rows for answer in row.answers),
        tuple(status for row in rows for status in row.status),
    )


def recipe_of(options: ClassPicturesOptions) -> Recipe:
    """The recipe that options name, without a size of its own."""
    recipe = replace(options.recipe or {**PRESETS, "auto": SHARP}[options.preset], size=0)
    return recipe if options.steps is None else replace(recipe, steps=options.steps)


def asked(options: ClassPicturesOptions) -> dict[str, Any]:
    """The options with the recipe that they come to, as they are recorded: lists for tuples."""
    made = asdict(replace(options, recipe=recipe_of(options)))
    recipe = {k: list(v) if isinstance(v, tuple) else v for k, v in made["recipe"].items()}
    return made | {"recipe": recipe}


def prepare(net: Net, options: ClassPicturesOptions, natural: Natural) -> Stage:
    """Make the scores ready to be climbed, on the whole of the network's input.

    Raises:
        ScoresError: the network's output is not one vector of scores.
        GradientCutError: no gradient reaches the image.
    """
    layer, recipe = scores_layer(net), recipe_of(options)
    size = net.preprocessing.size
    made = parameterize(recipe, natural, size, min(net.preprocessing.size), net.device, net.dtype)
    forward = forward_to(net, [layer.number])
    start = made.start([options.seed])
    return Stage(net, layer, link_of(net), recipe, natural, forward, made, start)


def noise_row(stage: Stage, numbers: tuple[int, ...]) -> Row:
    """The noise, as the network sees it for each class."""
    colors = stage.parameterization.draw(stage.start).detach()
    return _row(stage, numbers, colors.expand(len(numbers), -1, -1, -1), [""] * len(numbers))


def score_row(
    stage: Stage, numbers: tuple[int, ...], tick: Callable[[int], None] | None = None
) -> Row:
    """Pictures whose score was climbed.

    Raises:
        DataError: the scores are not finite.
    """
    return _climbed(stage, Channels(stage.layer.number, numbers, "center", "The score"), tick)


def probability_row(
    stage: Stage, numbers: tuple[int, ...], tick: Callable[[int], None] | None = None
) -> Row:
    """Pictures whose log-probability was climbed.

    Raises:
        DataError: the scores are not finite.
    """
    name = "The log-probability"
    return _climbed(stage, Probability(stage.layer.number, numbers, stage.link, name), tick)


def _climbed(
    stage: Stage, objective: Channels | Probability, tick: Callable[[int], None] | None
) -> Row:
    wanted = objective.channels if isinstance(objective, Channels) else objective.classes
    ascent = _ascent(stage, objective)
    start = stage.start.expand(len(wanted), *stage.start.shape[1:]).contiguous()
    found = climb(ascent, start, tick)
    return _row(stage, wanted, found.colors, _status(found, stage.recipe))


def _ascent(stage: Stage, objective: Objective) -> Ascent:
    mean = stage.natural.mean
    return Ascent(stage.net, stage.forward, objective, stage.parameterization, stage.recipe, mean)


def _status(found: Climb, recipe: Recipe) -> list[str]:
    flat = ~found.moved & (recipe.steps > 0)
    return [
        "flat" if still else "diverged" if at >= 0 else ""
        for still, at in zip(flat, found.stopped, strict=True)
    ]


@torch.no_grad()
def _row(stage: Stage, numbers: tuple[int, ...], colors: Tensor, status: list[str]) -> Row:
    ascent = _ascent(stage, Channels(stage.layer.number, numbers, "center", "The score"))
    reached = stage.forward(ascent.inputs(rounded(colors)))[stage.layer.number]
    scores = reached.flatten(1).cpu().double()
    check_finite(scores, "The scores are not finite on a picture")
    odds = [
        float(log_odds(one[None], c, stage.link)) for one, c in zip(scores, numbers, strict=True)
    ]
    return Row(
        pictures(colors, stage.recipe),
        scores[range(len(numbers)), list(numbers)].numpy(),
        np.array(odds),
        tuple(scores.argmax(1).tolist()),
        tuple(status),
    )
