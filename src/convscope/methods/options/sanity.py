"""What may be asked of a check of a picture against random weights."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.option import check_options, option


@dataclass(frozen=True)
class SanityOptions:
    """Options of the sanity checks.

    >>> SanityOptions().shift
    1.0
    """

    steps: int = option(
        0, "steps of the cascade, spread evenly; 0: one for each layer with weights", least=0
    )
    shift: float = option(
        1.0, "constant added to the input; 0: no shift", unit="share of the range", least=0
    )
    seed: int = option(0, "of the shuffles", least=0)

    def __post_init__(self) -> None:
        """Refuse numbers that are no choice."""
        check_options(self)
