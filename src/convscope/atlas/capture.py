"""What a pass needs of a network: its chosen layers, and a run that shows their activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from convscope.results.layer import Layer
from convscope.results.shares import Link
from convscope.tally.plan import Bounds

if TYPE_CHECKING:
    import torch

See = Callable[[int, "torch.Tensor"], None]
"""Takes the place of a layer among the chosen ones, and its activation at its op."""

Scored = Callable[["torch.Tensor"], None]
"""Takes the scores ``(n, classes)`` of a batch."""


class Capture(Protocol):
    """A network under glass, with the layers to look at."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The chosen layers in execution order."""
        ...

    @property
    def provenance(self) -> Mapping[str, Any]:
        """What was run and how, for the manifest: weights, preprocessing, threads, tape, ..."""
        ...

    @property
    def bounds(self) -> Sequence[Bounds | None]:
        """For each chosen layer, between which values the activation that follows answers."""
        ...

    @property
    def link(self) -> Link | None:
        """What makes probabilities of its scores; None: it has no vector of them."""
        ...

    def class_of(self, label: str) -> int | None:
        """Which score a label belongs to, by key or name; None: no class has that name."""
        ...

    def run(self, batch: torch.Tensor, see: See, scored: Scored | None = None) -> None:
        """Run ``(n, c, h, w)``, and show each chosen layer's activation at its op.

        The scores go to ``scored``, where it is given; without, the run ends at the last layer.

        Raises:
            ForwardError: the network raised, or ``see`` did not recognize what it was shown.
        """
        ...
