"""What may be asked of insertion and deletion curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.option import check_options, option


@dataclass(frozen=True)
class CurvesOptions:
    """Options of insertion and deletion curves.

    >>> CurvesOptions().steps
    20
    """

    steps: int = option(20, "how many times pixels are taken away or put back", least=1)
    fill: Literal["blur", "mean"] = option(
        "blur", "what stands where pixels are taken away: the image blurred, or the mean color"
    )
    batch: int = option(16, "images at once; rounded up to a multiple of 4", unit="images", least=1)
    seed: int = option(0, "of the random order, and of ties", least=0)

    def __post_init__(self) -> None:
        """Refuse words that are no choice."""
        check_options(self)
