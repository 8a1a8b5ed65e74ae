"""One layer's climb, made ready once: the canvas, the forwards, the parameterization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.geometry.walk import IMAGE
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.net.kinds import RECTIFIERS
from convscope.net.net import Net
from convscope.net.reach import Forward, forward_to
from convscope.net.tape import Tape
from convscope.net.target import Target
from convscope.results.layer import Layer
from convscope.synthesis.batch import filled, rows_for
from convscope.synthesis.canvas import canvas
from convscope.synthesis.climb import Ascent, climb
from convscope.synthesis.natural import Natural
from convscope.synthesis.objective import Channels, Direction, Diversity, Objective, Place
from convscope.synthesis.parameterization import Parameterization, parameterize
from convscope.synthesis.presets import PRESETS
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.score import disturbed, strongest
from convscope.synthesis.shown import colors_of, pictures

_WIDE = 0.5
"""Share of the input's side from which a field counts as most of the image."""


def recipe_for(net: Net, layer: Layer, options: SynthesizeOptions) -> Recipe:
    """The recipe that options name for a layer."""
    name = options.preset
    if name == "auto":
        name = "maco" if _is_wide(net, layer) else "natural"
    own = {"steps": options.steps, "size": options.canvas, "lr": options.lr}
    changes: dict[str, Any] = {key: value for key, value in own.items() if value is not None}
    return replace(options.recipe or PRESETS[name], **changes)


def asked(net: Net, layer: Layer, options: SynthesizeOptions) -> dict[str, Any]:
    """The options with the recipe that they come to, as they are recorded: lists for tuples."""
    made = asdict(replace(options, recipe=recipe_for(net, layer, options)))
    recipe = {k: list(v) if isinstance(v, tuple) else v for k, v in made["recipe"].items()}
    return made | {"recipe": recipe}


def _is_wide(net: Net, layer: Layer) -> bool:
    if layer.field.status == "GLOBAL" or not layer.is_spatial:
        return True
    sizes = zip((layer.field.y.size, layer.field.x.size), net.preprocessing.size, strict=True)
    return all(sees > _WIDE * side for sees, side in sizes)


def climbed_numbers(tape: Tape, number: int, recipe: Recipe) -> tuple[int, ...]:
    """The ops that are read in a climb: what rectifiers take, where the recipe says so.

    A layer that joins branches, each of which ends in a rectifier, is read before those, channels
    after channels as it joins them.
    """
    op = tape.ops[number]
    if op.kind != "cat" or not recipe.before:
        return (climbed_number(tape, number, recipe),)
    before = tuple(climbed_number(tape, source, recipe) for source in op.inputs)
    channels = [tape.ops[source].channels for source in before]
    is_joined = sum(channels) == op.channels and len(set(before)) == len(before)
    return before if is_joined else (number,)


def climbed_number(tape: Tape, number: int, recipe: Recipe) -> int:
    """The op that is read in a climb of one branch: what a rectifier takes, if it is one."""
    op = tape.ops[number]
    is_rectified = op.kind in RECTIFIERS and len(op.inputs) == 1 and op.inputs[0] != IMAGE
    return op.inputs[0] if recipe.before and is_rectified else number


@dataclass(frozen=True)
class Job:
    """What all pictures of one layer share."""

    net: Net
    layer: Layer
    recipe: Recipe
    natural: Natural
    size: tuple[int, int]
    """Of the canvas, (h, w)."""
    numbers: tuple[int, ...]
    """On the tape, of what is climbed: the layer, or what its rectifiers take."""
    climbed: Forward
    judged: Forward
    """To the layer itself, by whose value pictures are judged."""
    parameterization: Parameterization
    rows: int
    """Pictures that climb together."""


@dataclass(frozen=True)
class Drawn:
    """The pictures of one batch."""

    pictures: NDArray[np.uint8]
    """(n, h, w, c)."""
    values: NDArray[np.float64]
    """(n,): of the layer's strongest cell, on the 8-bit picture."""
    robust: NDArray[np.float64]
    """(n,): the same after shift and blur."""
    stopped: NDArray[np.int64]
    """(n,): the step at which it diverged, or -1."""
    is_silent: NDArray[np.bool_]
    """(n,): nothing woke it."""
    losses: NDArray[np.float64]
    """(n,): the objective as the last step saw it; nan without steps."""


def rows_of(drawn: Drawn, part: slice) -> Drawn:
    """Some of the pictures of a batch."""
    return Drawn(**{name: getattr(drawn, name)[part] for name in Drawn.__dataclass_fields__})


def prepare(
    net: Net, targets: Sequence[Target], options: SynthesizeOptions, natural: Natural
) -> Job:
    """Make a layer ready.

    Raises:
        UsageError: the recipe's canvas is smaller than the layer needs.
        TraceError: the network cannot be followed on the canvas.
        GradientCutError: no gradient reaches the image.
    """
    layer = targets[0].layer
    recipe = recipe_for(net, layer, options)
    has_cell = any(target.cell is not None for target in targets)
    size = net.preprocessing.size if has_cell else canvas(net, layer, recipe)
    numbers = climbed_numbers(net.tape(), layer.number, recipe)
    made = parameterize(recipe, natural, size, min(net.preprocessing.size), net.device, net.dtype)
    judged = forward_to(net, [layer.number], size)
    climbed = judged if numbers == (layer.number,) else forward_to(net, numbers, size)
    rows = options.batch or rows_for(size, net.device)
    return Job(net, layer, recipe, natural, size, numbers, climbed, judged, made, rows)


def draw(
    job: Job,
    targets: Sequence[Target],
    seeds: Sequence[int],
    tick: Callable[[int], None] | None = None,
    diversity: float = 0.0,
) -> Drawn:
    """Climb a batch: row i is target i from the noise of seed i."""
    count = len(seeds)
    if not diversity:  # copies would be taken for starts that ought to differ
        targets, seeds = filled(targets, job.rows), filled(seeds, job.rows)
    objective = _objective(job, targets, job.numbers)
    if diversity:
        apart = Diversity(job.climbed.numbers[0], crops=job.recipe.crops)
        objective = objective + diversity * apart
    ascent = Ascent(
        job.net, job.climbed, objective, job.parameterization, job.recipe, job.natural.mean
    )
    made = climb(ascent, job.parameterization.start(seeds), tick)
    shown = pictures(made.colors, job.recipe, job.natural.mean)
    colors = colors_of(shown, made.colors)
    values, robust = (_judged(job, ascent, targets, c) for c in (colors, _shaken(job, colors)))
    is_silent = ~made.moved | ((values <= 0) & (not job.layer.signed))
    losses = made.values[-1] if len(made.values) else np.full(len(values), np.nan)
    some = slice(count)
    drawn = shown[some], values[some], robust[some], made.stopped[some], is_silent[some]
    return Drawn(*drawn, losses[some])


def _objective(job: Job, targets: Sequence[Target], numbers: tuple[int, ...]) -> Objective:
    """What the rows climb: channels of one list, or one direction."""
    first = targets[0]
    place: Place = first.cell or job.recipe.at
    if all(target.channel is not None for target in targets):
        channels = tuple(target.channel or 0 for target in targets)
        return Channels(numbers[0], channels, place, job.layer.name, numbers[1:])
    return Direction(numbers[0], first.terms, place, first.name, numbers[1:])


def _judged(
    job: Job, ascent: Ascent, targets: Sequence[Target], colors: Tensor
) -> NDArray[np.float64]:
    """The strongest cell of the layer itself, in batches no larger than those of the climb."""
    objective = _objective(job, targets, (job.layer.number,))
    with torch.no_grad():
        reached = job.judged(ascent.inputs(colors))
    return strongest(reached, objective).double().cpu().numpy()


def _shaken(job: Job, colors: Tensor) -> Tensor:
    return disturbed(colors, min(job.net.preprocessing.size))
