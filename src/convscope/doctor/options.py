"""What may be asked of the doctor."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.option import check_options, option


@dataclass(frozen=True)
class HealthOptions:
    """Options of a verdict.

    >>> HealthOptions().shuffles
    16
    """

    sample: int = option(
        2000, "images to look at, evenly spread over all; 0: all of them", unit="images", least=0
    )
    floors: bool = option(
        True, "measure the same network at its start and with its weights shuffled, beside it"
    )
    floor_images: int = option(
        64,
        "images that the floors' activations are measured on; dead channels and ranks, which "
        "depend on their number, only if these are all",
        unit="images",
        least=1,
    )
    shuffles: int = option(
        16, "random orders of a layer's weights that its patterns are held to", least=8
    )
    seed: int = option(0, "of the floors", least=0)

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        check_options(self)
