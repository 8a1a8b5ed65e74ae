"""What may be asked of an occlusion sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.errors import UsageError
from convscope.option import check_options, option


@dataclass(frozen=True)
class OccludeOptions:
    """Options of an occlusion sweep.

    >>> OccludeOptions(occluder=50).pair("occluder")
    (50, 50)
    """

    occluder: int = option(32, "side of the occluder, or its height", unit="px", least=0)
    occluder_width: int = option(0, "width of the occluder; 0: a square", unit="px", least=0)
    stride: int = option(8, "between neighboring positions", unit="px", least=1)
    stride_x: int = option(0, "the same across; 0: as down", unit="px", least=0)
    fill: Literal["mean", "blur", "reflect", "noise"] = option(
        "mean",
        "what covers: the mean the network subtracts, the image blurred, its surroundings "
        "mirrored in, noise of its own spread",
    )
    edge: Literal["partial", "whole"] = option(
        "partial", "squares cut off at the border too, or only whole ones"
    )
    layer: str = option("", "layer of the feature map in panels b and c; empty: the last with maps")
    coarse: int = option(
        1, "look at every n-th position first, then only around those that matter; 1: all", least=1
    )
    share: float = option(
        0.25, "of the coarse positions, those that matter: with the largest changes", least=0.0
    )
    method: Literal["auto", "incremental", "whole"] = option(
        "auto", "recompute only what the square changes, or everything"
    )
    patches: int = option(9, "strongest patches of the map, if an atlas is given", least=0)
    batch: int = option(
        0, "positions computed together; 0: what fits the cache", unit="positions", least=0
    )
    seed: int = option(0, "of the noise", least=0)

    def __post_init__(self) -> None:
        """Refuse what is no choice."""
        check_options(self)
        if not self.share <= 1:
            raise UsageError(f"share is {self.share}; it is a part of all, 0 to 1.")

    def pair(self, name: Literal["occluder", "stride"]) -> tuple[int, int]:
        """The occluder's sides or the stride as (y, x)."""
        if name == "occluder":
            return self.occluder, self.occluder_width or self.occluder
        return self.stride, self.stride_x or self.stride
