"""What may be asked of inversions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.option import check_options, option


@dataclass(frozen=True)
class InvertOptions:
    """Options of inversions.

    >>> InvertOptions("fourier", starts=3).starts
    3
    """

    kind: Literal["published", "fourier"] = option(
        "published", "pixels by momentum with two regularisers, or Fourier coefficients by Adam"
    )
    alpha: float = option(6.0, "exponent of the norm that keeps pixels to a range", least=1)
    beta: float = option(2.0, "exponent of the total variation", least=0.1)
    range_weight: float | None = option(
        None, "of the norm, times the kind's own; none: 1, and 0 for the input", least=0
    )
    variation_weight: float | None = option(
        None, "of the variation, times the kind's own; none: 1, and 0 for the input", least=0
    )
    steps: int = option(0, "of gradient descent; 0: 400, for fourier 256", least=0)
    lr: float = option(0.0, "learning rate; 0: 0.004 as published, for fourier 0.015", least=0)
    jitter: float = option(
        0.0, "shift of the picture in each step, for pictures without a grid", unit="px", least=0
    )
    starts: int = option(1, "pictures of each layer, from different noise", least=1)
    seed: int = option(0, "of the first start's noise", least=0)
    batch: int = option(8, "pictures in one forward", unit="pictures", least=1)

    def __post_init__(self) -> None:
        """Refuse words and numbers that are no choice."""
        check_options(self)
