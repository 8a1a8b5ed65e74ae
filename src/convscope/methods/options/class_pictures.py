"""What may be asked of pictures of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.option import check_options, option
from convscope.synthesis.recipe import Recipe


@dataclass(frozen=True)
class ClassPicturesOptions:
    """Options of pictures of classes.

    >>> ClassPicturesOptions("keras-blog").seed
    0
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
    ] = option(
        "auto", "the recipe of both pictures; auto: natural, in short steps, and seen sharp too"
    )
    steps: int | None = option(None, "of each ascent, in place of the preset's", least=0)
    seed: int = option(0, "of the noise that all pictures start from", least=0)
    batch: int = option(8, "classes in one forward", unit="classes", least=1)
    recipe: Recipe | None = None
    """A recipe of one's own, in place of the preset's."""

    def __post_init__(self) -> None:
        """Refuse words and numbers that are no choice."""
        check_options(self)
