"""What may be asked of the gradient family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.option import check_options, option


@dataclass(frozen=True)
class GradientOptions:
    """Options of the gradient family.

    >>> GradientOptions("smoothgrad").samples
    25
    """

    kind: Literal[
        "gradient", "input_gradient", "smoothgrad", "integrated", "guided", "deconvnet"
    ] = option("gradient", "which member of the family")
    samples: int = option(25, "noisy copies of the image that smoothgrad averages over", least=1)
    sigma: float = option(
        0.15, "smoothgrad's noise: its standard deviation", unit="share of the range", least=0
    )
    steps: int = option(50, "points on integrated's path from the baseline", least=1)
    baseline: Literal["mean", "black"] = option(
        "mean", "where integrated starts: the input's zero (the mean image), or black pixels"
    )
    seed: int = option(0, "of smoothgrad's noise and of the twin's shuffle", least=0)
    sanity: bool = option(True, "draw the same for a twin with shuffled weights, and compare")
    batch: int = option(4, "copies or steps in one forward", unit="images", least=1)

    def __post_init__(self) -> None:
        """Refuse words and numbers that are no choice."""
        check_options(self)
