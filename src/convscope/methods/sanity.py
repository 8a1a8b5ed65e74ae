"""Sanity checks: what is left of a picture when the weights it should come from are random.

Sources: Adebayo et al. 2018, sec. 3.1 (cascading randomization: the weights of the layers from the
top down become random, one after another, and the picture should go with them) and sec. 3.2 (rank
correlation of absolute values); Kindermans et al. 2019, sec. 2 (input shift: where image and
network are shifted against each other so that every score stays the same, so should the picture).

With ``f_l`` the network whose layers from ``l`` up have their weights shuffled within each tensor,
and ``M`` a method: ``similarity(M(f, x), M(f_l, x))``, the cell of a unit fixed to the strongest
of ``f``; where the target is silent after one shuffle, after the next. ``chance`` is the
similarity of two networks with all weights shuffled: that much two pictures share whatever the
weights, from the image and from the shape of the receptive field (of a unit, most of it).

Adebayo's other check, a network trained on shuffled labels, needs that network to be trained: the
room for training makes one, and `similarity` compares any two pictures.

Shows: how much of the picture is left when the weights it should come from are random.
Does not show: that a picture which changes is right.
Easily misread: a high number says the picture shows the image, not the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.address import Class, Look, parse_look
from convscope.errors import DataError, TwinError, UsageError
from convscope.images.image import Image
from convscope.methods.method import METHODS, Method
from convscope.methods.options.sanity import SanityOptions
from convscope.methods.provenance import provenance
from convscope.methods.similarity import inside, similarity
from convscope.net.derivative import value_at
from convscope.net.net import Net
from convscope.net.target import Target, find_target
from convscope.net.twin import input_shifted, twin
from convscope.net.weighted import weighted_steps
from convscope.progress import Progress, silent
from convscope.results.sanity import Sanity

Picture = NDArray[np.float32]
Frame = tuple[int, int, int, int]
_TRIES = 8
"""Shuffles to ask: in each, what lies behind a rectifier is silent about every second time."""
_MUCH = 0.5
"""Likeness by chance from which it is said."""


def sanity(
    net: Net,
    image: Image,
    target: str | Look,
    method: str = "gradient",
    options: Any = None,
    sanity: SanityOptions | None = None,
    *,
    progress: Progress = silent,
) -> Sanity:
    """Hold a method's picture to those of ever more random weights, and of a shifted input.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`).
        target: what the method is pointed at: a class, a unit, a direction.
        method: a registered method whose pictures lie over the pixels: gradient, project, heatmap.
        options: the method's own.
        sanity: how many steps, how large a shift.
        progress: hears of the pictures drawn.

    Raises:
        UsageError: no such method, or one whose pictures do not come from gradients.
        TwinError: the network cannot be copied.
        DataError: there is no picture to begin with.

    >>> from convscope.images.read import read
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> photo = read(np.eye(64, dtype=np.uint8)[..., None].repeat(3, 2) * 255, net.preprocessing)
    >>> sanity(net, photo, "class:0", sanity=SanityOptions(steps=2)).similarity.shape
    (2,)
    """
    chosen, entry = sanity or SanityOptions(), _entry(method)
    with net.hosted():
        found = find_target(net, target)
        asked = _Asked(entry, _fixed(net, image, target, found), _alone(entry, options))
        steps = _cascade(net, found, chosen.steps)
        told = _told(progress, len(steps) + 2 + bool(chosen.shift))
        first = asked.of(net, image)
        original, frame = told(_shown(first)), _frame(first)
        seeds, maps = [chosen.seed], []
        for _, names in steps:
            seed, picture = asked.of_twin(net, image, names, seeds[-1])
            seeds.append(seed)
            maps.append(told(picture))
        _, other = asked.of_twin(net, image, steps[-1][1], seeds[-1] + 1)
        told(other)
        moved = told(_moved(net, image, asked, chosen.shift)) if chosen.shift else None
    alike = np.array([_alike(original, picture, frame) for picture in maps])
    chance = _alike(maps[-1], other, frame)
    return Sanity(
        layers=tuple(name for name, _ in steps),
        similarity=alike,
        maps=np.stack(maps),
        original=original,
        note=_note([name for name, _ in steps], alike, chance),
        provenance=provenance("sanity", net, image, chosen)
        | asked.record(method)
        | {"seeds": seeds[1:]},
        chance=None if np.isnan(chance) else chance,
        shifted=moved,
        shift_similarity=None if moved is None else _alike(original, moved, frame),
    )


@dataclass(frozen=True)
class _Asked:
    """One method, one target, its options: what every network in turn is asked."""

    entry: Method
    target: Look
    options: Any

    def of(self, net: Net, image: Image) -> Any:
        return self.entry.run(net, image, self.target, self.options)

    def picture(self, net: Net, image: Image) -> Picture:
        return _values(self.of(net, image))

    def of_twin(
        self, net: Net, image: Image, names: tuple[str, ...], seed: int
    ) -> tuple[int, Picture]:
        """Of the first of a few shuffles of these weights in which the target is not silent."""
        for tried in range(seed, seed + _TRIES):
            picture = self.picture(twin(net, tried, names), image)
            if picture.any():
                return tried, picture
        return seed, picture

    def record(self, method: str) -> dict[str, Any]:
        of = {"method": method, "options": asdict(self.options), "target": str(self.target)}
        return {"of": of}


def _entry(method: str) -> Method:
    entry = METHODS[method]
    if not entry.is_gradient:
        held = ", ".join(name for name in METHODS if METHODS[name].is_gradient)
        raise UsageError(f"{method} draws no picture from gradients. These do: {held}.")
    return entry


def _alone(entry: Method, options: Any) -> Any:
    """The method's options without a twin of its own."""
    given = entry.options_class() if options is None else options
    return replace(given, sanity=False) if hasattr(given, "sanity") else given


def _fixed(net: Net, image: Image, target: str | Look, found: Target) -> Look:
    """The target in the one cell that all networks are asked of."""
    look = parse_look(target) if isinstance(target, str) else target
    if isinstance(look, Class) or not found.layer.is_spatial:
        return look
    cell, _ = value_at(net, found, net.one(image))
    return replace(look, cell=cell)


def _cascade(net: Net, found: Target, most: int) -> list[tuple[str, tuple[str, ...]]]:
    """Steps from the top down: where each has come to, and all modules that are random by then."""
    steps = weighted_steps(net, found.layer.number)[::-1]
    if not steps:
        raise TwinError(f"{found.name} depends on no weights, so none can be made random.")
    asked = min(most, len(steps)) or len(steps)
    ends = np.linspace(0, len(steps), asked + 1).round().astype(int)[1:].tolist()
    return [
        (steps[end - 1][0], tuple(name for step in steps[:end] for name in step)) for end in ends
    ]


def _moved(net: Net, image: Image, asked: _Asked, shift: float) -> Picture:
    """The picture of the shifted image by the network that takes the shift back."""
    constant = shift * float(image.array.max() - image.array.min())
    moved = replace(image, array=image.array + np.float32(constant))
    back = torch.tensor(constant, device=net.device, dtype=net.dtype)
    return asked.picture(input_shifted(net, back), moved)


def _shown(result: Any) -> Picture:
    picture = _values(result)
    if not picture.any():
        raise DataError(f"There is no picture to check. {result.note}".strip())
    return picture


def _values(result: Any) -> Picture:
    values: Picture = result.map if hasattr(result, "map") else result.array
    return values


def _frame(result: Any) -> Frame:
    frame: Frame = getattr(result, "frame", (0, 0, *_values(result).shape[-2:]))
    return frame


def _alike(one: Picture, other: Picture, frame: Frame) -> float:
    """How alike two pictures are in the frame; nan where one of them is not there."""
    if not (one.any() and other.any()):
        return float("nan")
    return similarity(inside(one, frame), inside(other, frame))


def _told(progress: Progress, total: int) -> Callable[[Picture], Picture]:
    done = count(1)

    def told(picture: Picture) -> Picture:
        progress(next(done), total, "pictures")
        return picture

    return told


def _note(layers: Sequence[str], alike: NDArray[np.float64], chance: float) -> str:
    without = [name for name, value in zip(layers, alike, strict=True) if np.isnan(value)]
    lines = []
    if without:
        lines.append(
            f"In {_TRIES} shuffles the target is silent, so there is no picture, where the weights "
            f"are random down to {', '.join(without)}."
        )
    if chance > _MUCH:
        lines.append(
            f"Pictures of two networks with random weights correlate by {chance:.2f}: that much is "
            "the image and the shape of the receptive field, whatever was learnt."
        )
    return " ".join(lines)
