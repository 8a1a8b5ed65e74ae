"""Objectives: numbers that rise as a picture comes to please a unit; they add, subtract, and say
their names.

Every objective reads layers of one forward, (n, C, h, w) each, and gives one number a row, so that
the rows of a batch climb on their own; only `Diversity` looks at several.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

Place = Literal["center", "mean"] | tuple[int, int]
Reached = Mapping[int, Tensor]
"""Layers by number on the tape."""


class Objective(ABC):
    """One number a row of a batch.

    >>> unit = Channels(7, (3,), "center", "relu3:3")
    >>> str(unit - 0.5 * Channels(7, (5,), "mean", "relu3:5"))
    'relu3:3 - 0.5 * relu3:5'
    """

    name: str
    numbers: tuple[int, ...]
    """What it reads, as numbers on the tape."""

    @abstractmethod
    def values(self, reached: Reached) -> Tensor:
        """(n,), one for each row."""

    def __add__(self, other: Objective) -> Objective:
        return Sum((*_terms(self, 1.0), *_terms(other, 1.0)))

    def __sub__(self, other: Objective) -> Objective:
        return Sum((*_terms(self, 1.0), *_terms(other, -1.0)))

    def __rmul__(self, weight: float) -> Objective:
        return Sum(_terms(self, weight))

    def __neg__(self) -> Objective:
        return -1.0 * self

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Sum(Objective):
    """Objectives, each times its weight."""

    terms: tuple[tuple[float, Objective], ...]

    @property
    def name(self) -> str:  # type: ignore[override]
        """The terms as people write sums."""
        text = "".join(_term(weight, str(one)) for weight, one in self.terms)
        return f"-{text[3:]}" if text.startswith(" - ") else text[3:]

    @property
    def numbers(self) -> tuple[int, ...]:  # type: ignore[override]
        """Of all terms."""
        return tuple(dict.fromkeys(n for _, one in self.terms for n in one.numbers))

    def values(self, reached: Reached) -> Tensor:
        """The weighed sum."""
        return torch.stack([weight * one.values(reached) for weight, one in self.terms]).sum(0)


def _terms(one: Objective, weight: float) -> tuple[tuple[float, Objective], ...]:
    """A sum's own terms, so that sums hold no sums and need no brackets."""
    inner = one.terms if isinstance(one, Sum) else ((1.0, one),)
    return tuple((weight * own, part) for own, part in inner)


def _term(weight: float, name: str) -> str:
    sign = " - " if weight < 0 else " + "
    factor = "" if abs(weight) == 1 else f"{abs(weight):g} * "
    return f"{sign}{factor}({name})" if " " in name and factor else f"{sign}{factor}{name}"


@dataclass(frozen=True)
class Channels(Objective):
    """Row i climbs channel i of a list; a single channel is climbed by every row."""

    number: int
    channels: tuple[int, ...]
    place: Place
    name: str
    also: tuple[int, ...] = ()
    """Further layers of the same size, whose channels follow on."""

    @property
    def numbers(self) -> tuple[int, ...]:  # type: ignore[override]
        """The layer, and those that follow on."""
        return (self.number, *self.also)

    def values(self, reached: Reached) -> Tensor:
        """The channel's middle cell or mean."""
        planes = joined(reached, self.numbers)
        rows = torch.arange(len(planes), device=planes.device)
        return read(planes[rows, one_a_row(self.channels, planes)], self.place)


@dataclass(frozen=True)
class Direction(Objective):
    """Channels of one layer, each times its weight: two units added, or any direction."""

    number: int
    terms: tuple[tuple[int, float], ...]
    place: Place
    name: str
    also: tuple[int, ...] = ()
    """Further layers of the same size, whose channels follow on."""

    @property
    def numbers(self) -> tuple[int, ...]:  # type: ignore[override]
        """The layer, and those that follow on."""
        return (self.number, *self.also)

    def values(self, reached: Reached) -> Tensor:
        """The weighed sum over channels."""
        return read(self.maps(joined(reached, self.numbers)), self.place)

    def maps(self, planes: Tensor) -> Tensor:
        """The weighed sum in every cell, (n, h, w)."""
        channels = torch.tensor([c for c, _ in self.terms], device=planes.device)
        weights = planes.new_tensor([w for _, w in self.terms])
        return (planes[:, channels] * weights[:, None, None]).sum(1)


@dataclass(frozen=True)
class Energy(Objective):
    """A whole layer: the mean of its squares, as in Deep Dream (Mordvintsev et al. 2015)."""

    number: int
    name: str

    @property
    def numbers(self) -> tuple[int, ...]:  # type: ignore[override]
        """The one layer."""
        return (self.number,)

    def values(self, reached: Reached) -> Tensor:
        """Half the mean square."""
        return 0.5 * reached[self.number].flatten(1).pow(2).mean(1)


@dataclass(frozen=True)
class Probability(Objective):
    """Log-probability of a class; row i climbs class i of a list.

    Its slope is that of the probability divided by the probability, which vanishes in float32 where
    the class is unlikely. It also rises where other scores fall (Simonyan et al. 2013, sec. 2).
    """

    number: int
    classes: tuple[int, ...]
    link: Literal["softmax", "sigmoid"]
    name: str

    @property
    def numbers(self) -> tuple[int, ...]:  # type: ignore[override]
        """The layer of scores."""
        return (self.number,)

    def values(self, reached: Reached) -> Tensor:
        """Log p of the class."""
        scores = reached[self.number].flatten(1)
        logs = scores.log_softmax(1) if self.link == "softmax" else logsigmoid(scores)
        rows = torch.arange(len(scores), device=scores.device)
        return logs[rows, one_a_row(self.classes, scores)]


@dataclass(frozen=True)
class Likeness(Objective):
    """How alike a layer is to a given activation: dot product times a power of the cosine.

    Source: caricatures of Olah et al. 2017 (Lucid): the dot product asks for more of the same, the
    cosine for nothing else.
    """

    number: int
    activation: Tensor
    """(C, h, w)."""
    power: float
    name: str

    @property
    def numbers(self) -> tuple[int, ...]:  # type: ignore[override]
        """The one layer."""
        return (self.number,)

    def values(self, reached: Reached) -> Tensor:
        """Dot * max(cos, .1) ** power, over the size of the given."""
        planes, given = reached[self.number].flatten(1), self.activation.flatten()
        size = given.norm().clamp(min=1e-12)
        dot = planes @ given / size
        cosine = dot / planes.norm(dim=1).clamp(min=1e-12)
        likeness: Tensor = dot * cosine.clamp(min=0.1).pow(self.power)
        return likeness


@dataclass(frozen=True)
class Diversity(Objective):
    """Minus how alike the rows are: the mean cosine of each row's Gram matrix with the others'.

    Source: Olah et al. 2017, "Diversity": the style of a picture is the Gram matrix of a layer.
    """

    number: int
    name: str = "diversity"
    crops: int = 1
    """Draws of the same rows in a batch, one after the other: each is compared with its own."""

    @property
    def numbers(self) -> tuple[int, ...]:  # type: ignore[override]
        """The one layer."""
        return (self.number,)

    def values(self, reached: Reached) -> Tensor:
        """(n,), 0 for a single row."""
        planes = reached[self.number].flatten(2)
        grams = torch.nn.functional.normalize((planes @ planes.transpose(1, 2)).flatten(1), dim=1)
        draws = grams.view(self.crops, len(planes) // self.crops, -1)
        cosines = draws @ draws.transpose(1, 2)
        others = cosines.sum(2) - cosines.diagonal(dim1=1, dim2=2)
        return -(others / max(draws.shape[1] - 1, 1)).flatten()


def joined(reached: Reached, numbers: tuple[int, ...]) -> Tensor:
    """Layers of one size as one, channels after channels."""
    planes = [reached[number] for number in numbers]
    return planes[0] if len(planes) == 1 else torch.cat(planes, 1)


def one_a_row(channels: tuple[int, ...], batch: Tensor) -> Tensor:
    """The channel of each row (n,): crops repeat the list, a single channel is every row's."""
    return torch.tensor(channels, device=batch.device).repeat(len(batch) // len(channels))


def read(maps: Tensor, place: Place) -> Tensor:
    """One number of each map, (n, h, w) to (n,)."""
    if place == "mean":
        return maps.mean((1, 2))
    y, x = (maps.shape[1] // 2, maps.shape[2] // 2) if place == "center" else place
    return maps[:, y, x]
