"""The tape: every image-dependent op of one forward, in order, with addresses and geometry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from convscope.address import Address
from convscope.errors import AddressError, nearest
from convscope.geometry.walk import IMAGE, Edge, Graph
from convscope.geometry.window import Window
from convscope.net.local import Axes, Reaches
from convscope.results.layer import Layer


@dataclass(frozen=True)
class Ref:
    """Stands, in the arguments of an op, for the result of an earlier one (or the image)."""

    number: int


@dataclass(frozen=True)
class Op:
    """One image-dependent result."""

    number: int
    ordinal: int
    """Which tensor-returning call of the run made it; how later runs know it again."""
    item: int | None
    """Its place where the call returns several tensors."""
    kind: str
    name: str
    func: Callable[..., Any]
    args: tuple[Any, ...]
    """Arguments, with a `Ref` for each image-dependent tensor."""
    kwargs: Mapping[str, Any]
    bound: Mapping[str, Any]
    inputs: tuple[int, ...]
    shape: tuple[int, ...]
    axes: Axes
    reaches: Reaches | None
    inplace: bool
    cut: bool
    """Whether the gradient stops here though the values go on."""
    aliases: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        """Channels of the result."""
        return self.shape[self.axes.index("c")] if "c" in self.axes else self.shape[-1]

    def index(
        self, row: int, channel: int, cell: tuple[int, int] | None
    ) -> tuple[int | slice, ...]:
        """Where a cell of a channel (or its whole map) lies in the result's own layout."""
        y, x = cell if cell is not None else (slice(None), slice(None))
        places: dict[str, int | slice] = {"n": row, "c": channel, "h": y, "w": x}
        return tuple(places[axis] for axis in self.axes)

    @property
    def is_pointwise(self) -> bool:
        """Whether each cell reads just the same cell of its inputs."""
        return self.reaches == (Window(), Window())

    def length(self, axis: str) -> int:
        """Cells along ``h`` or ``w``; 1 where it has no such axis."""
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1


@dataclass(frozen=True)
class Tape:
    """One traced forward of a network on one size of input."""

    ops: tuple[Op, ...]
    calls: tuple[str, ...]
    """Spelling of every tensor-returning call, image-dependent or not."""
    input_shape: tuple[int, ...]
    layers: tuple[Layer, ...] = ()
    """One for each op that has channels."""
    givens: Mapping[int, Any] = field(default_factory=dict)
    """Arguments of calls outside the tape that hold what no call was seen to make."""
    outputs: tuple[int, ...] = ()
    """What the forward returned: the op of each tensor, in order; the image is -1."""
    escape: str = ""
    """The op through which a value left the tape as a plain number, if one did."""

    @cached_property
    def consumers(self) -> Mapping[int, tuple[int, ...]]:
        """Which ops read each op."""
        found: dict[int, list[int]] = {number: [] for number in range(IMAGE, len(self.ops))}
        for op in self.ops:
            for source in dict.fromkeys(op.inputs):
                found[source].append(op.number)
        return {number: tuple(users) for number, users in found.items()}

    def graph(self, axis: int) -> Graph:
        """The local ops along y (0) or x (1), for walking intervals."""
        return self._graphs[axis]

    @cached_property
    def _graphs(self) -> tuple[Graph, Graph]:
        def build(axis: int) -> Graph:
            letter = "hw"[axis]
            lengths = {op.number: op.length(letter) for op in self.ops}
            return Graph(
                {
                    op.number: tuple(Edge(source, op.reaches[axis]) for source in op.inputs)
                    for op in self.ops
                    if op.reaches is not None
                },
                lengths | {IMAGE: self.input_shape[2 + axis]},
            )

        return build(0), build(1)

    @cached_property
    def _by_name(self) -> Mapping[str, Layer]:
        return {name: layer for layer in self.layers for name in (layer.name, *layer.aliases)}

    def layer(self, name: str | int) -> Layer:
        """The layer of a name, a longer name of the same tensor, or a tape number.

        Raises:
            AddressError: there is none, or several calls share the name.
        """
        if isinstance(name, int):
            return self._by_number(name)
        if name in self._by_name:
            return self._by_name[name]
        calls = [known for known in self._by_name if known.rsplit("@", 1)[0] == name]
        if calls:
            raise AddressError(
                f"{name!r} is ambiguous: it runs {len(calls)} times in one forward. "
                f"Write one of: {', '.join(calls)}."
            )
        raise AddressError(
            f"No layer {name!r}. {nearest(name, self._by_name)} "
            "All layers: convscope layers MODEL --all.".replace("  ", " ")
        )

    def _by_number(self, number: int) -> Layer:
        found = next((layer for layer in self.layers if layer.number == number), None)
        if found is None:
            raise AddressError(
                f"No layer has the tape number {number}; they go from {self.layers[0].number} to "
                f"{self.layers[-1].number}. All layers: convscope layers MODEL --all."
            )
        return found

    def check(self, address: Address) -> Layer:
        """The layer of an address whose channel and cell are in range.

        Raises:
            AddressError: no such layer, channel or cell.
        """
        layer = self.layer(address.layer)
        if address.channel is not None and not 0 <= address.channel < layer.channels:
            raise AddressError(
                f"Channel {address.channel} is out of range: {layer.name} has {layer.channels}, "
                f"numbered 0 to {layer.channels - 1}."
            )
        y, x = address.cell or (0, 0)
        if not (0 <= y < layer.height and 0 <= x < layer.width):
            raise AddressError(
                f"Cell {y},{x} is out of range: the maps of {layer.name} are {layer.height} by "
                f"{layer.width} (y before x, from 0)."
            )
        return layer

    @property
    def default_layers(self) -> tuple[Layer, ...]:
        """The layers one looks at unless told otherwise."""
        return tuple(layer for layer in self.layers if layer.default)
