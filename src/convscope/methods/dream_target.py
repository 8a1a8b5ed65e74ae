"""What a dream draws out: a whole layer, or what other methods are pointed at too."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.address import Address, Look, parse_look
from convscope.net.net import Net
from convscope.net.tape import Tape
from convscope.net.target import Target, find_target, layer_of
from convscope.results.dream import Measure
from convscope.results.layer import Layer
from convscope.synthesis.objective import Direction, Energy, Objective, Place


@dataclass(frozen=True)
class Wanted:
    """What is climbed, whatever the size of the picture."""

    layer: Layer
    target: Target | None
    """None: all of the layer."""

    @property
    def name(self) -> str:
        """As people write it."""
        return self.layer.name if self.target is None else self.target.name

    @property
    def measure(self) -> Measure:
        """What of it is climbed."""
        if self.target is None:
            return "half the mean square"
        if self.target.is_class:
            return "score"
        is_one = self.target.cell is not None or not self.layer.is_spatial
        return "value in its cell" if is_one else "mean over its cells"

    def objective(self, number: int, tape: Tape) -> Objective:
        """What is climbed at an op: the layer's own, or what its rectifier takes.

        Args:
            number: of the op.
            tape: for the size of picture; a cell lies at the same share of a smaller map.
        """
        if self.target is None:
            return Energy(number, self.name)
        return Direction(number, self.target.terms, self._place(tape), self.name)

    def _place(self, tape: Tape) -> Place:
        if self.target is None or self.target.cell is None:
            return "mean"
        (y, x), op = self.target.cell, tape.ops[self.layer.number]
        rows, columns = op.length("h"), op.length("w")
        return (
            (2 * y + 1) * rows // (2 * self.layer.height),  # where the cell's middle lies
            (2 * x + 1) * columns // (2 * self.layer.width),
        )


def find_wanted(net: Net, given: str | Look) -> Wanted:
    """Find a whole layer (``features.8``), a unit, a direction or a class.

    Raises:
        AddressError: no such layer, channel, cell or class.
        ScoresError: a class of a network whose output is not one vector of scores.
    """
    look = parse_look(given) if isinstance(given, str) else given
    if isinstance(look, Address) and look.channel is None:
        return Wanted(layer_of(net, look), None)
    target = find_target(net, look)
    return Wanted(target.layer, target)
