"""How maps are drawn; nothing about what is computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from convscope.errors import UsageError


@dataclass(frozen=True)
class MapOptions:
    """Options of a grid of maps.

    >>> MapOptions().scale
    'layer'
    """

    scale: Literal["layer", "own"] = field(
        default="layer",
        metadata={"help": "one scale for the layer, so brightness compares, or each map its own"},
    )
    gamma: float = field(
        default=0.5, metadata={"help": "brightness is value to this power; 1: in proportion"}
    )

    def __post_init__(self) -> None:
        """Refuse what nothing can be drawn with."""
        if self.scale not in ("layer", "own"):
            raise UsageError(f"No scale {self.scale!r}. There are: layer, own.")
        if not 0 < self.gamma < float("inf"):
            raise UsageError(
                f"gamma is {self.gamma:g}; it must be above 0. 0.5 lifts weak maps, 1 is in "
                "proportion."
            )
