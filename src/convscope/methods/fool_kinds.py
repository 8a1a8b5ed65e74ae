"""The ways of fooling: one signed step, many of them within a box, and a climb from noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from torch import Tensor

from convscope.images.image import Image
from convscope.methods.log_odds import Aim, Levels
from convscope.methods.options.fool import LEVELS, FoolOptions
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.progress import Progress
from convscope.synthesis.climb import Ascent, climb, steps_of
from convscope.synthesis.natural import Natural
from convscope.synthesis.objective import Probability
from convscope.synthesis.parameterization import parameterize
from convscope.synthesis.presets import preset
from convscope.synthesis.regularizer import clipped

_WHOLE = 1e-3
"""Levels of 8-bit pictures come back from the network's input to this."""


@dataclass(frozen=True)
class Way:
    """From a picture to one that was to fool."""

    start: Levels
    end: Levels
    steps: int
    first: int
    """Steps after which the answer was first as wanted; -1: never."""
    is_flat: bool
    """Whether no step met a slope."""
    stopped: int = -1
    """Of noise: the step at which the climb diverged."""


def levels_of(net: Net, image: Image) -> Levels:
    """A prepared image on the 0..255 scale; whole numbers where it was made of them.

    Raises:
        DataError: it does not fit the network, or is not finite.
    """
    net.one(image)
    check_finite(image.array, "The image is not finite")
    prep = net.preprocessing
    mean, std = (np.array(v)[:, None, None] for v in (prep.mean, prep.std))
    found: Levels = LEVELS * (image.array.astype(np.float64) * std + mean)
    whole = np.rint(found)
    return whole if float(np.abs(found - whole).max()) < _WHOLE else found


def ball(start: Levels, eps: float) -> tuple[Levels, Levels]:
    """The least and the largest that each value may become: within eps, and 0 to 255.

    A value that lies outside of 0 to 255 to begin with may stay, and come nearer.
    """
    low = np.minimum(start, np.maximum(start - eps, 0))
    return low, np.maximum(start, np.minimum(start + eps, LEVELS))


def fgsm(aim: Aim, start: Levels, options: FoolOptions, progress: Progress) -> Way:
    """One step of length eps (Goodfellow et al. 2015, sec. 4)."""
    return _walk(aim, start, start, _Steps(options.eps, 1, options.eps), progress)


def pgd(aim: Aim, start: Levels, options: FoolOptions, progress: Progress) -> Way:
    """Many steps, each brought back within eps (Madry et al. 2018, sec. 2.1)."""
    step = options.step or 2.5 * options.eps / options.steps
    drawn = np.random.default_rng(options.seed).uniform(-options.eps, options.eps, start.shape)
    begin = np.clip(start + drawn, *ball(start, options.eps)) if options.random_start else start
    return _walk(aim, start, begin, _Steps(options.eps, options.steps, step), progress)


@dataclass(frozen=True)
class _Steps:
    """How far in all, how many, and how long each; in levels."""

    eps: float
    count: int
    length: float


def _walk(aim: Aim, start: Levels, begin: Levels, steps: _Steps, progress: Progress) -> Way:
    box, x, held, is_flat = ball(start, steps.eps), begin, [], True
    for step in range(steps.count):
        scores, slope = aim.slope(x)
        held.append(aim.is_met(scores))
        is_flat = is_flat and not slope.any()
        x = np.clip(x + steps.length * np.sign(slope), *box)
        progress(step + 1, steps.count, "steps")
    held.append(aim.is_met(aim.scores(x)))
    return Way(start, x, steps.count, _first(held), is_flat)


def noise(aim: Aim, options: FoolOptions, progress: Progress) -> Way:
    """From even noise up the class's log-probability (Nguyen et al. 2015)."""
    net = aim.net
    recipe = preset(
        "plain", start=float(LEVELS), is_uniform=True, clip=True,
        steps=options.noise_steps, lr=options.noise_step,
    )  # fmt: skip
    usual = Natural.usual(net.preprocessing.channels)
    size = net.preprocessing.size
    pixels = parameterize(recipe, usual, size, min(size), net.device, net.dtype)
    wanted = Probability(aim.layer, (aim.number,), aim.link, "The class's log-probability")
    ascent = Ascent(net, aim.forward, wanted, pixels, recipe, usual.mean)
    hears = steps_of(progress, 0, options.noise_steps, "steps")
    begin = clipped(pixels.start([options.seed]))
    found = climb(ascent, begin, hears, enough=log(options.sure))
    seen = found.values[np.isfinite(found.values)]  # before each step
    steps = len(seen) - bool(seen[-1] >= log(options.sure))
    start, end = _levels(begin), _levels(found.parameters)
    first = _first([*(seen >= log(0.5)), aim.odds(end) >= 0])
    return Way(start, end, steps, first, not found.moved[0], int(found.stopped[0]))


def _first(held: Sequence[bool]) -> int:
    return int(np.argmax(held)) if any(held) else -1


def _levels(parameters: Tensor) -> Levels:
    found: Levels = parameters[0].detach().cpu().double().numpy()
    return found
