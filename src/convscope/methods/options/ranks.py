"""What may be asked of ranks."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.option import check_options, option


@dataclass(frozen=True)
class RanksOptions:
    """Options of the strongest, the middling and the weakest images.

    >>> RanksOptions(batch=6).batch
    8
    """

    count: int = option(9, "images a group", unit="images", least=1)
    batch: int = option(
        16, "images run at once; rounded up to a multiple of 4", unit="images", least=1
    )
    control: bool = option(True, "compare with random directions of the same layer")
    random_controls: int = option(20, "how many of them", unit="directions", least=1)
    seed: int = option(0, "of the first; the others follow", least=0)

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing, and round the batch up."""
        check_options(self)
        # activations are bit-equal between batches that are multiples of 4, and only those
        object.__setattr__(self, "batch", -(-self.batch // 4) * 4)
