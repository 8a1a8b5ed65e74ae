"""What may be asked of synthesized pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.option import check_options, option
from convscope.synthesis.recipe import Recipe

Preset = Literal[
    "auto", "natural", "lucid", "maco", "yosinski-1", "yosinski-2", "yosinski-3", "yosinski-4",
    "keras-blog", "plain",
]  # fmt: skip


@dataclass(frozen=True)
class SynthesizeOptions:
    """Options of synthesized pictures.

    >>> SynthesizeOptions("lucid", starts=5).starts
    5
    """

    preset: Preset = option(
        "auto", "the recipe; auto: maco where a cell sees most of the image, else natural"
    )
    starts: int = option(1, "starts of each picture, the strongest kept", least=1)
    retries: int = option(2, "further starts where a unit stays silent", least=0)
    seed: int = option(0, "of the first start's noise", least=0)
    batch: int = option(16, "pictures in one forward", unit="pictures", least=1)
    recipe: Recipe | None = None
    """A recipe of one's own, in place of the preset's."""

    def __post_init__(self) -> None:
        """Refuse words and numbers that are no choice."""
        check_options(self)
