"""Tiny networks and climbs on them."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.net.net import Net
from convscope.net.reach import forward_to
from convscope.preprocess import Preprocessing
from convscope.synthesis.climb import Ascent
from convscope.synthesis.natural import Natural
from convscope.synthesis.objective import Channels, Objective
from convscope.synthesis.parameterization import parameterize
from convscope.synthesis.recipe import Recipe
from tests.net.zoo import conv, fill

MEAN, STD = (0.4, 0.5, 0.45), (0.2, 0.25, 0.3)
SIZE = (15, 13)
PLAIN = Recipe(
    parameterization="pixels", before=False, optimizer="sgd", gradient="plain", lr=1.0,
    start=10.0, jitter=0.0, scale=0.0, rotate=0.0, steps=5,
)  # fmt: skip
"""Gradient ascent and nothing else."""


class Normed(nn.Module):
    """BatchNorm and functional rectifiers, twice."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.one, self.two = conv(channels, 8, padding=1), conv(8, 6, padding=1, stride=2)
        self.norm1, self.norm2 = nn.BatchNorm2d(8), nn.BatchNorm2d(6)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm1(self.one(x)))
        return F.relu(self.norm2(self.two(x)))


def chain(*, rectified: bool = False, pooled: bool = True) -> nn.Sequential:
    """What the twin can run and pull back; its units are signed, or may be dead at the start."""
    pool = nn.MaxPool2d(3, 2, ceil_mode=True) if pooled else nn.Identity()
    made = nn.Sequential(
        *(conv(3, 6, 5, stride=2, padding=1), nn.ReLU(), pool, conv(6, 4, 3, padding=1)),
        *[nn.ReLU()] * rectified,
    )
    fill(made)
    return made


def hosted(module: nn.Module, size: tuple[int, int] = SIZE, channels: int = 3) -> Net:
    """A network that takes images with a mean and a deviation."""
    return Net(module, Preprocessing(size, None, mean=MEAN[:channels], std=STD[:channels]))


def ascent(
    net: Net,
    recipe: Recipe,
    objective: Objective | None = None,
    natural: Natural | None = None,
    **more: Any,
) -> Ascent:
    """A climb of the last layer's channels, one a row."""
    last = net.tape().layers[-1]
    objective = objective or Channels(last.number, tuple(range(4)), recipe.at, last.name)
    natural = natural or Natural.usual(net.preprocessing.channels)
    size = net.preprocessing.size
    made = parameterize(recipe, natural, size, min(size), net.device, net.dtype)
    forward = forward_to(net, objective.numbers)
    return Ascent(net, forward, objective, made, recipe, np.asarray(natural.mean), **more)
