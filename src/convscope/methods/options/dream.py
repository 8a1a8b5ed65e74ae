"""What may be asked of a dream."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.option import check_options, option


@dataclass(frozen=True)
class DreamOptions:
    """Options of dreams; the defaults are those of Mordvintsev et al. 2015.

    >>> DreamOptions(steps=20).octaves
    4
    """

    steps: int = option(10, "of the ascent, in each octave", least=0)
    octaves: int = option(
        4, "sizes that are climbed, from the smallest to the image's own", least=1
    )
    octave_scale: float = option(1.4, "by which each octave is larger than the one before", least=1)
    lr: float = option(1.5, "RMS of a step", unit="levels of 255", least=0)
    jitter: float = option(
        0.14, "shift of each step, at most", unit="share of the input's side", least=0
    )

    def __post_init__(self) -> None:
        """Refuse numbers that are no choice."""
        check_options(self)
