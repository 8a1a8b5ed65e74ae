"""What may be asked of synthesized pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.errors import UsageError
from convscope.option import check_options, option
from convscope.synthesis.recipe import Recipe


@dataclass(frozen=True)
class SynthesizeOptions:
    """Options of synthesized pictures.

    >>> SynthesizeOptions("lucid", starts=5).starts
    5
    """

    preset: Literal[
        "auto",
        "natural",
        "lucid",
        "maco",
        "yosinski-1",
        "yosinski-2",
        "yosinski-3",
        "yosinski-4",
        "keras-blog",
        "plain",
    ] = option("auto", "the recipe; auto: maco where a cell sees most of the image, else natural")
    starts: int = option(2, "starts of each picture", least=1)
    keep: Literal["best", "all"] = option(
        "best", "of a unit's starts the one strongest after a small blur, or all of them"
    )
    diversity: float = option(
        0.0, "weight of a term that keeps a unit's starts apart; with --keep all", least=0
    )
    retries: int = option(2, "further starts where a unit stays silent", least=0)
    seed: int = option(0, "of the first start's noise", least=0)
    batch: int = option(
        0, "that climb together; 0: the more, the smaller the canvas", unit="pictures", least=0
    )
    steps: int | None = option(None, "of the ascent, in place of the preset's", least=0)
    canvas: int | None = option(
        None, "side of the pictures, in place of the preset's", unit="px", least=1
    )
    lr: float | None = option(None, "learning rate, in place of the preset's", least=0)
    recipe: Recipe | None = None
    """A recipe of one's own, in place of the preset's."""

    def __post_init__(self) -> None:
        """Refuse words and numbers that are no choice, and differences that nobody would see."""
        check_options(self)
        if self.diversity and (self.keep != "all" or self.starts < 2):
            raise UsageError(
                "diversity keeps a unit's starts apart, so it needs several and all of them kept: "
                "--starts 4 --keep all."
            )
