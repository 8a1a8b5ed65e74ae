"""What may be asked of a caricature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.option import check_options, option
from convscope.synthesis.recipe import Recipe


@dataclass(frozen=True)
class CaricatureOptions:
    """Options of caricatures.

    >>> CaricatureOptions(power=1).steps
    128
    """

    preset: Literal["auto", "natural", "lucid", "maco", "plain"] = option(
        "auto", "the recipe; auto: natural, in short steps, and seen sharp too"
    )
    power: float = option(
        4.0, "of the cosine: 0 exaggerates at any price, more stays nearer the photograph", least=0
    )
    steps: int | None = option(128, "of the ascent; none: as the preset says", least=0)
    seed: int = option(0, "of the noise it starts from", least=0)
    recipe: Recipe | None = None
    """A recipe of one's own, in place of the preset's."""

    def __post_init__(self) -> None:
        """Refuse words and numbers that are no choice."""
        check_options(self)
