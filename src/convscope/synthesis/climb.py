"""Gradient ascent: the one loop that every recipe runs through.

``p <- p + lr * d f(T(c(p))) / dp`` with ``c`` the parameterization, ``T`` the step's transforms and
``f`` the objective, one number a row. Rows never look at each other, so a batch of units gives what
each gives alone, up to rounding.

Source: Erhan et al. 2009 ("Visualizing higher-layer features of a deep network"); Simonyan et al.
2013, sec. 2; Yosinski et al. 2015, eq. 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.reach import Forward
from convscope.progress import Progress, silent
from convscope.synthesis.objective import Objective, Reached
from convscope.synthesis.parameterization import Parameterization
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.regularizer import clipped, regularized
from convscope.synthesis.transform import transformed

_FALL = 0.5
"""A climb that ends below this share of its best has diverged: the step was too large."""
_WINDOWS, _STEPS = 16, 8
"""Of a climb, over whose means it is judged, and the least steps of each: they see it shaken."""


@dataclass(frozen=True)
class Ascent:
    """Everything of a climb but where it starts."""

    net: Net
    forward: Forward | Callable[[Tensor], Reached]
    objective: Objective
    parameterization: Parameterization
    recipe: Recipe
    mean: NDArray[np.float64]
    """(c,) color that pixels decay to, on the 0..1 scale."""
    penalty: Callable[[Tensor], Tensor] | None = None
    """From colors (n, c, h, w) to what each step takes from the objective (n,)."""

    def inputs(self, colors: Tensor) -> Tensor:
        """Colors (n, c, h, w) on the 0..1 scale as the network takes them."""
        prep = self.net.preprocessing
        mean, std = (colors.new_tensor(v)[:, None, None] for v in (prep.mean, prep.std))
        return ((colors - mean) / std).to(self.net.dtype)

    def values(self, colors: Tensor) -> Tensor:
        """The objective (n,) of clean pictures."""
        return self.objective.values(self.forward(self.inputs(colors)))

    def seen(self, parameters: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """The objective (n,) as one step sees it, on average over its crops; and less the penalty.

        The latter is what is climbed.
        """
        side = min(self.net.preprocessing.size)
        share = step / max(self.recipe.steps - 1, 1)
        colors = self.parameterization.draw(parameters)
        crops = transformed(colors, self.recipe, share, side, step)
        values = self.values(crops).view(self.recipe.crops, -1).mean(0)
        return values, values if self.penalty is None else values - self.penalty(colors)


@dataclass(frozen=True)
class Climb:
    """Where a climb ended, and how it went."""

    parameters: Tensor
    """(n, ...), detached."""
    colors: Tensor
    """(n, c, h, w) on the 0..1 scale, detached."""
    values: NDArray[np.float64]
    """(steps, n): the objective as each step saw it; nan after a row stopped, or all had enough."""
    stopped: NDArray[np.int64]
    """(n,): the step at which a row diverged, the best before it kept; -1: it did not."""
    moved: NDArray[np.bool_]
    """(n,): whether the objective ever had a slope."""


class _Rows:
    """Which rows still climb, and the best that each has reached."""

    def __init__(self, start: Tensor, steps: int) -> None:
        n = len(start)
        self.best = start.detach().clone()
        self.best_value = torch.full((n,), -torch.inf, device=start.device, dtype=torch.float64)
        self.stopped = torch.full((n,), -1, device=start.device)
        self.moved = torch.zeros(n, dtype=torch.bool, device=start.device)
        self.values = torch.full((steps, n), torch.nan, dtype=torch.float64)
        self.climbed = self.values.clone()

    def note(
        self,
        step: int,
        parameters: Tensor,
        seen: tuple[Tensor, Tensor],
        gradient: Tensor,
    ) -> Tensor:
        """Keep what is best; rows that are no longer finite stop. Returns which still climb."""
        plain, value = (values.detach().double() for values in seen)
        slope = gradient.flatten(1).abs().amax(1)
        is_finite = value.isfinite() & slope.isfinite()
        self.stopped[(self.stopped < 0) & ~is_finite] = step
        climbs = self.stopped < 0
        self.values[step] = torch.where(climbs, plain, torch.nan).cpu()
        self.climbed[step] = torch.where(climbs, value, torch.nan).cpu()
        self.moved |= climbs & (slope > 0)
        better = climbs & (value > self.best_value)
        self.best[better] = parameters.detach()[better]
        self.best_value[better] = value[better]
        return climbs


def climb(
    ascent: Ascent,
    start: Tensor,
    progress: Callable[[int], None] | None = None,
    *,
    enough: float = math.inf,
) -> Climb:
    """Climb from parameters (n, ...), all rows at once.

    A row whose value or slope is no longer finite stops there; one that ends far below its best has
    diverged too. Both keep the best they had reached.

    Args:
        ascent: what is climbed, and how.
        start: as the parameterization's ``start`` gives it.
        progress: hears of each step done.
        enough: rows stay where their value, as a step saw it, is this or more.

    Raises:
        DataError: the objective is not finite at the start.
    """
    recipe, parameters = ascent.recipe, start.detach().clone().requires_grad_()
    optimizer, rows = _optimizer(recipe, parameters), _Rows(start, recipe.steps)
    mean = torch.tensor(255 * ascent.mean).to(start)[:, None, None]
    is_pixels = recipe.parameterization == "pixels"
    for step in range(recipe.steps):
        if recipe.clip and is_pixels:
            _put(parameters, clipped(parameters.detach()))
        with torch.enable_grad():
            seen = ascent.seen(parameters, step)
            (gradient,) = torch.autograd.grad(seen[1].sum(), parameters)
        if step == 0:
            check_finite(seen[1].detach(), f"{ascent.objective} is not finite at the start")
        climbs = rows.note(step, parameters, seen, gradient) & (seen[0].detach() < enough)
        if not bool(climbs.any()):
            _put(parameters, rows.best)
            break
        parameters.grad = _steered(gradient.nan_to_num(), recipe)
        _pace(optimizer, recipe, step)
        optimizer.step()
        if is_pixels:
            _put(parameters, regularized(parameters.detach(), gradient, mean, recipe, step))
        _put(parameters, torch.where(_wide(climbs, parameters), parameters.detach(), rows.best))
        if progress is not None:
            progress(step + 1)
    return _ended(ascent, parameters.detach(), rows)


def _optimizer(recipe: Recipe, parameters: Tensor) -> torch.optim.Optimizer:
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "nadam": torch.optim.NAdam}
    more = {"momentum": recipe.momentum} if recipe.optimizer == "sgd" else {}
    made: torch.optim.Optimizer = kinds[recipe.optimizer](
        [parameters], lr=_rate(recipe), maximize=True, **more
    )
    return made


def _pace(optimizer: torch.optim.Optimizer, recipe: Recipe, step: int) -> None:
    """Set the learning rate of a step; where it changes, the momentum of sgd starts anew.

    Source: Mahendran & Vedaldi's program, where what had gathered would overshoot for many steps.
    Adam's momentum is not in units of the rate.
    """
    part = step * len(recipe.rates) // max(recipe.steps, 1)
    rate = _rate(recipe) * recipe.rates[part]
    for group in optimizer.param_groups:
        if group["lr"] != rate:
            group["lr"] = rate
            if recipe.optimizer == "sgd":
                optimizer.state.clear()


def _rate(recipe: Recipe) -> float:
    return 1.0 if recipe.gradient == "progress" else recipe.lr


def _steered(gradient: Tensor, recipe: Recipe) -> Tensor:
    """The gradient divided as the recipe says, each row by itself.

    ``progress`` is Yosinski et al.'s: ``min(lr, wanted / |g|^2)`` times the gradient, so that to
    first order a step brings at most what is wanted.
    """
    rows = gradient.flatten(1)
    if recipe.gradient in ("rms", "l2"):
        divisor = _size(rows, is_mean=recipe.gradient == "rms")
    elif recipe.gradient == "progress":
        wanted = recipe.progress / rows.pow(2).sum(1).clamp(min=torch.finfo(rows.dtype).tiny)
        divisor = 1 / wanted.clamp(max=recipe.lr)
    else:
        return gradient
    return gradient / _wide(divisor, gradient)


def _size(rows: Tensor, *, is_mean: bool) -> Tensor:
    """RMS or L2 norm of rows (n,).

    Chollet 2016 adds 1e-5 against division by zero; where a network's values are small, that
    shortens its steps too, so here only a gradient of zero is divided by something else.
    """
    least = torch.finfo(rows.dtype).tiny
    most = rows.abs().amax(1).clamp(min=least)  # the squares of small gradients are zero in float32
    squares = (rows / most[:, None]).pow(2)
    sums = squares.mean(1) if is_mean else squares.sum(1)
    return (most * sums.sqrt()).clamp(min=least)


def _put(parameters: Tensor, values: Tensor) -> None:
    with torch.no_grad():
        parameters.copy_(values)


def _wide(rows: Tensor, like: Tensor) -> Tensor:
    return rows.view(-1, *[1] * (like.dim() - 1))


@torch.no_grad()
def _ended(ascent: Ascent, parameters: Tensor, rows: _Rows) -> Climb:
    """The ends of all rows; the best instead, where the end fell far below it."""
    draw = ascent.parameterization.draw
    if ascent.recipe.clip and ascent.recipe.parameterization == "pixels":
        parameters, rows.best = clipped(parameters), clipped(rows.best)
    fell = torch.from_numpy(has_fallen(rows.climbed.numpy())).to(parameters.device)
    fell |= ~parameters.flatten(1).isfinite().all(1)
    is_best = fell | (ascent.recipe.taken == "best")
    parameters = torch.where(_wide(is_best, parameters), rows.best, parameters)
    rows.stopped[fell & (rows.stopped < 0)] = len(rows.values)
    return Climb(
        parameters,
        draw(parameters),
        rows.values.numpy(),
        rows.stopped.cpu().numpy(),
        rows.moved.cpu().numpy(),
    )


def has_fallen(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether rows of a climb's values (steps, n) end far below their best, (n,).

    >>> steps = np.arange(32.0)[:, None]
    >>> has_fallen(np.hstack([steps, 32 - steps])).tolist()
    [False, True]
    """
    if not len(values):
        return np.zeros(values.shape[1], np.bool_)
    count = min(_WINDOWS, max(len(values) // _STEPS, 1))
    windows = np.array_split(values, count)
    means = np.stack([window.mean(0) for window in windows])
    best, end = np.nanmax(np.nan_to_num(means, nan=-np.inf), axis=0), means[-1]
    fallen: NDArray[np.bool_] = (best > 0) & (end < _FALL * best)
    return fallen


def steps_of(
    progress: Progress, before: int, total: int, what: str, rows: int = 1
) -> Callable[[int], None] | None:
    """A hearer of steps that tells a hearer of all work, in steps of single pictures."""
    if progress is silent:
        return None
    return lambda step: progress(before + step * rows, total, what)
