"""What may be asked of a projection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.option import check_options, option


@dataclass(frozen=True)
class ProjectOptions:
    """Options of a projection.

    >>> ProjectOptions().rule
    'deconvnet'
    """

    rule: Literal["deconvnet", "guided", "gradient"] = option(
        "deconvnet", "backward rule at activations"
    )
    seed: Literal["cell", "map"] = option("cell", "start from one cell of the map, or all of it")
    lrn: Literal["pass", "derivative"] = option(
        "pass", "local response normalisation: passed through, or derived"
    )
    gate: Literal["hold", "derivative"] = option(
        "hold", "gates of products: held at their value, or derived"
    )

    sanity: bool = option(True, "draw the same for a twin with shuffled weights, and say how alike")

    def __post_init__(self) -> None:
        """Refuse words that are no choice."""
        check_options(self)
