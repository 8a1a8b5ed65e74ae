"""How maps are drawn; nothing about what is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.errors import UsageError
from convscope.option import check_options, option


@dataclass(frozen=True)
class MapOptions:
    """Options of a grid of maps.

    >>> MapOptions().scale
    'layer'
    """

    scale: Literal["layer", "own"] = option(
        "layer", "one scale for the layer, so brightness compares, or each map its own"
    )
    gamma: float = option(0.5, "brightness is value to this power; 1: in proportion")

    def __post_init__(self) -> None:
        """Refuse what nothing can be drawn with."""
        check_options(self)
        if not 0 < self.gamma < float("inf"):
            raise UsageError(
                f"gamma is {self.gamma:g}; it must be above 0. 0.5 lifts weak maps, 1 is in "
                "proportion."
            )
