"""The network's side of a pass: chosen layers, read at their ops, batch after batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Literal

import torch
from torch import Tensor

from convscope.errors import ForwardError, NoLayersError, ScoresError
from convscope.geometry.walk import IMAGE
from convscope.images.file import whole_path
from convscope.net.bounds import bounds_of
from convscope.net.labels import Classes
from convscope.net.match import matching
from convscope.net.net import Net, run
from convscope.net.provenance import kernels, versions
from convscope.net.scores import link_of, scores_layer
from convscope.net.tape import Tape
from convscope.net.watch import Follow, Stop, tensors_of
from convscope.results.layer import Layer
from convscope.results.shares import Link
from convscope.tally.plan import Bounds

Eye = Callable[[Tensor], None]
See = Callable[[int, Tensor], None]
MemoryFormat = Literal["channels_last", "contiguous"]


class _Show(Follow):
    """Shows the results of some ops, each to its own eye, and stops after the last."""

    def __init__(self, tape: Tape, eyes: Sequence[tuple[int, Eye]]) -> None:
        super().__init__(tape)
        self._at: dict[int, list[tuple[int, Eye]]] = {}
        for number, eye in eyes:
            self._at.setdefault(tape.ops[number].ordinal, []).append((number, eye))
        self._last = max(self._at)

    def seen(self, ordinal: int, func: Callable[..., Any], result: Any) -> None:
        """Hand over what this call made, before a later op overwrites it."""
        super().seen(ordinal, func, result)
        for number, eye in self._at.get(ordinal, ()):
            op = self.tape.ops[number]
            tensor = tensors_of(result)[op.item or 0]
            order = [op.axes.index(axis) for axis in "nchw" if axis in op.axes]
            eye(tensor.detach().permute(order))
        if ordinal == self._last:
            raise Stop


class Capture:
    """A network with the layers a pass looks at.

    Args:
        net: the network.
        layers: in execution order.
        memory_format: of the batches; None: channels-last, the faster one on CPUs, unless the
            network takes it only contiguous (``x.view(n, -1)`` does).
    """

    def __init__(
        self,
        net: Net,
        layers: Sequence[Layer],
        memory_format: MemoryFormat | None = None,
    ) -> None:
        self.net, self.layers = net, tuple(layers)
        self.tape = net.tape()
        self.memory_format: MemoryFormat = memory_format or "channels_last"
        self._writes = any(op.inplace and IMAGE in op.inputs for op in self.tape.ops)
        if memory_format is None and not self._runs():
            self.memory_format = "contiguous"

    def _runs(self) -> bool:
        """Whether the network takes a small batch in this memory format."""
        try:
            self.run(torch.zeros(4, *self.net.input_shape[1:]), lambda place, activation: None)
        except ForwardError:
            return False
        return True

    @cached_property
    def bounds(self) -> tuple[Bounds | None, ...]:
        """For each layer, between which values the activation that follows answers."""
        return tuple(bounds_of(self.tape, layer.number) for layer in self.layers)

    @cached_property
    def _scores(self) -> Layer | None:
        try:
            return scores_layer(self.net)
        except ScoresError:
            return None

    @cached_property
    def link(self) -> Link | None:
        """What makes probabilities of the scores; None: the network has no vector of them."""
        return None if self._scores is None else link_of(self.net)

    def class_of(self, label: str) -> int | None:
        """Which score a label belongs to, by key or name; None: no class has that name."""
        found = Classes(self.net.keys or (), self.net.labels or ()).number(label)
        count = self._scores.channels if self._scores else 0
        return found if found is not None and found < count else None

    def run(self, batch: Tensor, see: See, scored: Eye | None = None) -> None:
        """Run (n, c, h, w) and show each chosen layer's activation, (n, c, h, w) or (n, c).

        The scores, (n, classes), go to ``scored``; without it the run ends at the last layer.

        Raises:
            ForwardError: the network raised inside.
        """
        formats = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}
        with self.net.hosted(), torch.no_grad():
            given = batch.to(self.net.device, self.net.dtype)
            given = given.contiguous(memory_format=formats[self.memory_format])
            eyes: list[tuple[int, Eye]] = [
                (layer.number, partial(see, nth)) for nth, layer in enumerate(self.layers)
            ]
            if scored and self._scores:
                eyes.append((self._scores.number, scored))
            run(self.net, given, _Show(self.tape, eyes), spend=not self._writes)

    @property
    def provenance(self) -> Mapping[str, Any]:
        """What was run and how, for the manifest."""
        net = self.net
        return {
            "network": {
                "spec": _whole_spec(net.spec),
                "weights": net.weights and whole_path(net.weights),
                "sha256": net.fingerprint(),
            },
            "preprocessing": net.preprocessing.to_dict(),
            "classes": None if net.labels is None else list(net.labels),
            "class_keys": None if net.keys is None else list(net.keys),
            "scores": self._scores and self._scores.name,
            "memory_format": self.memory_format,
            "threads": torch.get_num_threads(),
            "kernel_flags": kernels(net.device),
            "versions": versions(),
            "tape": [
                {"number": op.number, "name": op.name, "op": op.kind, "shape": list(op.shape[1:])}
                | {"inputs": list(op.inputs)}
                for op in self.tape.ops
            ],
        }


def _whole_spec(spec: str) -> str:
    """A spec that can be given from any folder, where it names a file of code."""
    place, _, factory = spec.rpartition(":")
    return f"{whole_path(place)}:{factory}" if place.endswith(".py") else spec


def choose(net: Net, patterns: Sequence[str] = ()) -> tuple[Layer, ...]:
    """The default layers, or those that names and patterns stand for: default ones, else any.

    Raises:
        AddressError: a pattern matches nothing.
        NoLayersError: the network has no layer with cells in space.
    """
    tape = net.tape()
    if not patterns:
        if not any(layer.is_spatial for layer in tape.default_layers):
            kinds = sorted({op.kind for op in tape.ops})
            raise NoLayersError(
                "This network has no layer with cells in space; its ops are: "
                f"{', '.join(kinds)}. convscope looks at 2-D image ConvNets."
            )
        return tape.default_layers
    return matching(tape, patterns, (tape.default_layers, tape.layers))
