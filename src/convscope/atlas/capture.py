"""What a pass needs of a network: its chosen layers, and a run that shows their activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from convscope.results.layer import Layer

if TYPE_CHECKING:
    import torch

See = Callable[[int, "torch.Tensor"], None]
"""Takes the place of a layer among the chosen ones, and its activation at its op."""


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

    def run(self, batch: torch.Tensor, see: See) -> None:
        """Run ``(n, c, h, w)`` and show each chosen layer's activation at its op.

        Raises:
            ForwardError: the network raised, or ``see`` did not recognize what it was shown.
        """
        ...
