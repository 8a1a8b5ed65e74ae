"""Gradient ascent of an objective of one's own: units, layers and classes added and subtracted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.address import Look
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.methods.provenance import provenance
from convscope.methods.synthesis_job import asked, climbed_numbers, recipe_for
from convscope.net.net import Net
from convscope.net.reach import forward_to
from convscope.net.target import find_target
from convscope.progress import Progress, silent
from convscope.results.synthesis import Synthesis
from convscope.synthesis.climb import Ascent, climb, steps_of
from convscope.synthesis.natural import Natural
from convscope.synthesis.objective import Direction, Objective, Place
from convscope.synthesis.parameterization import parameterize
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.score import disturbed
from convscope.synthesis.shown import colors_of, pictures


def objective_of(net: Net, target: str | Look, at: Place = "center") -> Objective:
    """A unit, direction or class as something to climb; such objectives add and subtract.

    Args:
        net: the network.
        target: ``layer:channel``, ``layer:channel@y,x``, a direction, or ``class:beagle``.
        at: where maps are read, unless the target names a cell: ``center``, ``mean`` or (y, x).

    Raises:
        AddressError: no such layer, channel, cell or class.

    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> str(objective_of(net, "relu3:4") - 0.5 * objective_of(net, "class:cat"))
    'relu3:4 - 0.5 * cat'
    """
    found = find_target(net, target)
    numbers = climbed_numbers(net.tape(), found.layer.number, Recipe())
    return Direction(numbers[0], found.terms, found.cell or at, found.name, numbers[1:])


def ascend(
    net: Net,
    objective: Objective,
    options: SynthesizeOptions | None = None,
    *,
    natural: Natural | None = None,
    progress: Progress = silent,
) -> Synthesis:
    """Draw what an objective of one's own would like best, from every start.

    Args:
        net: the network; it is the same afterwards.
        objective: of `objective_of`, or any `Objective`, on the network's own input unless the
            options name a canvas.
        options: the preset, the starts and their seed.
        natural: statistics of images; the usual 1/f if not given.
        progress: hears of steps done.

    Returns:
        One picture a start; ``values`` are the objective's on them, as shown.

    Raises:
        DataError: the objective is not finite at the start.
        RuleError: no gradient reaches the image.

    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> both = objective_of(net, "relu2:3") + objective_of(net, "relu4:5")
    >>> ascend(net, both, SynthesizeOptions("natural", starts=1, steps=1)).names
    ('relu2:3 + relu4:5',)
    """
    options = options or SynthesizeOptions()
    with net.hosted():
        ascent, size = _ready(net, objective, options, natural)
        seeds = [options.seed + start for start in range(options.starts)]
        total = len(seeds) * ascent.recipe.steps
        tick = steps_of(progress, 0, total, f"drawing {objective}", len(seeds))
        made = climb(ascent, ascent.parameterization.start(seeds), tick)
        shown = pictures(made.colors, ascent.recipe, ascent.mean)
        colors = colors_of(shown, made.colors)
        shaken = disturbed(colors, min(net.preprocessing.size))
        values, robust = (_values(ascent, some) for some in (colors, shaken))
    nothing = np.full(len(seeds), np.nan)
    return Synthesis(
        pictures=shown,
        values=values,
        best=nothing,
        robust=robust,
        tries=values[None],
        layer=str(objective),
        channels=(-1,) * len(seeds),
        names=(str(objective),) * len(seeds),
        status=tuple("diverged" if stop >= 0 else "drawn" for stop in made.stopped),
        starts=tuple(seeds),
        note="",
        provenance=_provenance(net, objective, options, size),
    )


def _ready(
    net: Net, objective: Objective, options: SynthesizeOptions, natural: Natural | None
) -> tuple[Ascent, tuple[int, int]]:
    recipe = _recipe(net, objective, options)
    side = recipe.size if options.canvas else 0
    size = (side, side) if side else net.preprocessing.size
    natural = natural or Natural.usual(net.preprocessing.channels)
    made = parameterize(recipe, natural, size, min(net.preprocessing.size), net.device, net.dtype)
    forward = forward_to(net, objective.numbers, size)
    return Ascent(net, forward, objective, made, recipe, natural.mean), size


def _recipe(net: Net, objective: Objective, options: SynthesizeOptions) -> Recipe:
    """The recipe of the deepest layer that is read."""
    tape, last = net.tape(), max(objective.numbers)
    layer = next(layer for layer in reversed(tape.layers) if layer.number <= last)
    return recipe_for(net, layer, options)


def _provenance(
    net: Net, objective: Objective, options: SynthesizeOptions, size: tuple[int, int]
) -> dict[str, object]:
    recipe = _recipe(net, objective, options)
    made = provenance("ascend", net, None, options)
    own = asked(net, net.tape().layers[0], replace(options, recipe=recipe))
    return made | {
        "options": own | {"keep": "all"},
        "objective": str(objective),
        "canvas": list(size),
    }


@torch.no_grad()
def _values(ascent: Ascent, colors: Tensor) -> NDArray[np.float64]:
    found: NDArray[np.float64] = ascent.values(colors).double().cpu().numpy()
    return found
