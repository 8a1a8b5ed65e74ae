"""How each of the gradient family is computed from derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.methods.options.gradient import GradientOptions
from convscope.net.derivative import derivatives
from convscope.net.net import Net
from convscope.net.rules import Rule, RuleName
from convscope.net.target import Target
from convscope.progress import Progress


@dataclass(frozen=True)
class Question:
    """What is asked of which network: a target in one cell, on one image."""

    net: Net
    target: Target
    cell: tuple[int, int]
    image: Tensor
    """(c, h, w)"""
    options: GradientOptions
    progress: Progress

    def derivatives(
        self, images: Iterable[Tensor], rule: RuleName = "gradient"
    ) -> Iterator[tuple[float, Tensor]]:
        """The target's value and derivative on other images."""
        batch = self.options.batch
        return derivatives(self.net, Rule(rule), self.target, self.cell, images, batch=batch)


@dataclass(frozen=True)
class Drawn:
    """A picture (c, h, w); of integrated gradients, how far its sum is off, as a share."""

    array: Tensor
    gap: float | None = None


def draw(asked: Question) -> Drawn:
    """Draw one of the family."""
    return _KINDS[asked.options.kind](asked)


def _by_rule(rule: RuleName) -> Callable[[Question], Drawn]:
    def drawn(asked: Question) -> Drawn:
        ((_, found),) = asked.derivatives([asked.image], rule)
        return Drawn(found)

    return drawn


def input_gradient(asked: Question) -> Drawn:
    """Shrikumar et al. 2016: ``x * df/dx``."""
    ((_, found),) = asked.derivatives([asked.image])
    return Drawn(asked.image * found)


def smoothgrad(asked: Question) -> Drawn:
    """Smilkov et al. 2017, sec. 2: the mean of ``df/dx`` at ``x + N(0, s^2)``.

    ``s`` is a share of the image's range, ``max(x) - min(x)``. The noise is drawn copy after copy
    from ``numpy.random.default_rng(seed)`` in float32, so that it does not depend on the batch.
    """
    samples, drawn = asked.options.samples, np.random.default_rng(asked.options.seed)
    sigma = asked.options.sigma * float(asked.image.max() - asked.image.min())

    def noisy() -> Iterator[Tensor]:
        for _ in range(samples):
            noise = drawn.standard_normal(asked.image.shape, np.float32)
            yield asked.image + sigma * torch.from_numpy(noise).to(asked.image)

    total = torch.zeros_like(asked.image, dtype=torch.float64)
    for done, (_, found) in enumerate(asked.derivatives(noisy()), 1):
        total += found
        asked.progress(done, samples, "noisy copies")
    return Drawn((total / samples).to(asked.image))


def integrated(asked: Question) -> Drawn:
    """Sundararajan et al. 2017, eq. 1: ``(x - b) * integral of df/dx from b to x``.

    The integral by Gauss and Legendre's points, which are exact for polynomials of degree
    ``2 steps - 1`` (as Captum's default).
    """
    steps, base = asked.options.steps, _baseline(asked)
    points, weights = np.polynomial.legendre.leggauss(steps)
    way = asked.image - base
    shares = [*((1 + points) / 2).tolist(), 0.0, 1.0]  # the ends for their values alone
    total, values = torch.zeros_like(way, dtype=torch.float64), []
    path = (base + share * way for share in shares)
    for done, (value, found) in enumerate(asked.derivatives(path), 1):
        values.append(value)
        if done <= steps:
            total += float(weights[done - 1]) / 2 * found.double()
        asked.progress(done, steps + 2, "points on the path")
    array = way * total.to(way)
    change, summed = values[-1] - values[-2], float(array.double().sum())
    return Drawn(array, abs(summed - change) / abs(change) if change else None)


def _baseline(asked: Question) -> Tensor:
    if asked.options.baseline == "mean":
        return torch.zeros_like(asked.image)
    made: Any = asked.net.preprocessing
    black = -torch.tensor(made.mean) / torch.tensor(made.std)  # (0 - mean) / std
    return black.to(asked.image)[:, None, None].expand_as(asked.image).clone()


_KINDS: dict[str, Callable[[Question], Drawn]] = {
    "gradient": _by_rule("gradient"),
    "guided": _by_rule("guided"),
    "deconvnet": _by_rule("deconvnet"),
    "input_gradient": input_gradient,
    "smoothgrad": smoothgrad,
    "integrated": integrated,
}
