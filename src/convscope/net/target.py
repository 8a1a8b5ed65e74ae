"""Targets: what a method looks at, found in the network once and then only a value.

A unit is a direction with one channel, a class is a unit of the layer of scores. So every method
that takes a target takes units, directions and classes alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from convscope.address import Address, Class, Direction, Look, parse_look
from convscope.errors import AddressError
from convscope.geometry.box import Box
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.scores import class_name, class_number, is_class, scores_layer
from convscope.net.tape import Tape
from convscope.results.layer import Layer


@dataclass(frozen=True)
class Target:
    """Channels of one layer, weighed and summed, in one cell or in the strongest."""

    layer: Layer
    terms: tuple[tuple[int, float], ...]
    """Channel and weight, not all zero."""
    cell: tuple[int, int] | None
    """``(y, x)``; None: the strongest on the image."""
    name: str
    """As people write it, with the cell if one was given: ``features.8:281@3,5``, ``beagle``."""
    is_class: bool = False

    @property
    def channel(self) -> int | None:
        """The channel of a unit or class; None for a direction."""
        unit = len(self.terms) == 1 and self.terms[0][1] == 1
        return self.terms[0][0] if unit else None

    def planes(self, result: Tensor, tape: Tape) -> Tensor:
        """The layer's result, or windows of it, in its own layout, as (n, c, h, w)."""
        op = tape.ops[self.layer.number]
        planes = result.permute([op.axes.index(axis) for axis in "nchw" if axis in op.axes])
        return planes.reshape(*planes.shape[:2], *(planes.shape[2:] or (1, 1)))

    def values(self, result: Tensor, tape: Tape) -> Tensor:
        """The weighed sum in every cell, (n, h, w), from the layer's result in its own layout."""
        planes = self.planes(result, tape)
        channels = torch.tensor([c for c, _ in self.terms], device=result.device)
        weights = torch.tensor([w for _, w in self.terms], device=result.device, dtype=result.dtype)
        if self.channel is not None:
            return planes[:, self.channel]
        return (planes[:, channels] * weights[:, None, None]).sum(1)

    def strongest(self, values: Tensor) -> tuple[int, int]:
        """The target's cell in one image's ``values`` (h, w): its own, or the first maximum.

        Raises:
            DataError: a value is not finite.
        """
        here = f"{self.name} is not finite on this image"
        check_finite(values, f"{here}, so it has no strongest cell")
        first = int((values == values.max()).flatten().int().argmax())
        return self.cell or divmod(first, self.layer.width)

    def frame(
        self, cell: tuple[int, int] | None, size: tuple[int, int]
    ) -> tuple[int, int, int, int]:
        """``(y0, x0, y1, x1)`` of the box that pictures of a cell are drawn in.

        Args:
            cell: ``(y, x)``; None: the whole map, which sees the image.
            size: the image's height and width.
        """
        box = Box(0, 0, *size) if cell is None else self.layer.field.frame(cell, *size)
        return box.y0, box.x0, box.y1, box.x1


def find_target(net: Net, given: str | Look) -> Target:
    """Find a unit, direction or class in a network.

    Raises:
        AddressError: no such layer, channel, cell or class; or a whole layer.
        ScoresError: a class of a network whose output is not one vector of scores.
    """
    look = parse_look(given) if isinstance(given, str) else given
    if not isinstance(look, Look):
        raise AddressError(
            f"A target is text (features.8:281, class:beagle) or what convscope.address parses; "
            f"this is {type(look).__name__}: {look!r}."
        )
    if isinstance(look, Class):
        number = class_number(net, look.name)
        return Target(scores_layer(net), ((number, 1.0),), None, class_name(net, number), True)
    tape = net.tape()
    layer = layer_of(net, look)
    if isinstance(look, Direction):
        terms = _random(layer, look.seed) if look.seed is not None else look.terms
        for channel, _ in terms:
            tape.check(Address(look.layer, channel))
        if not any(weight for _, weight in terms):
            raise AddressError(f"{look} points nowhere: all its weights are zero.")
        return Target(layer, terms, look.cell, str(look))
    if look.channel is None:
        raise AddressError(
            f"{look} is a whole layer; this is of one unit: {layer.name}:0 to "
            f"{layer.name}:{layer.channels - 1}."
        )
    tape.check(look)
    name = str(Address(layer.name, look.channel, look.cell))
    return Target(layer, ((look.channel, 1.0),), look.cell, name)


def layer_of(net: Net, look: Address | Direction) -> Layer:
    """The layer of an address or direction; a class written as if it were one is told apart.

    Raises:
        AddressError: no such layer, or the cell is out of range.
    """
    try:
        return net.tape().check(Address(look.layer, None, look.cell))
    except AddressError as error:
        if str(look) == look.layer and is_class(net, look.layer):
            raise AddressError(f"{error} A class is written class:{look.layer}.") from None
        raise


def _random(layer: Layer, seed: int) -> tuple[tuple[int, float], ...]:
    """A direction of length 1 drawn evenly over the sphere, as the control Szegedy et al. ask for.

    Source: Szegedy et al. 2013, sec. 3: random directions look as meaningful as single units.
    """
    drawn = np.random.default_rng(seed).standard_normal(layer.channels)
    return tuple(enumerate((drawn / np.linalg.norm(drawn)).tolist()))
