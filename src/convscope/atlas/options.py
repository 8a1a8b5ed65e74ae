"""What may be asked of a pass."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.option import check_options, option


@dataclass(frozen=True)
class AtlasOptions:
    """Options of one pass over a data set.

    >>> AtlasOptions(batch=6).batch
    8
    """

    top: int = option(9, "strongest cells kept of each channel", unit="cells", least=1)
    per_image: int = option(
        1,
        "most cells kept of one image, at least half a receptive field apart",
        unit="cells",
        least=1,
    )
    batch: int = option(
        8, "images run at once; rounded up to a multiple of 4", unit="images", least=1
    )
    shard: int = option(
        512, "images between two saved states: what a kill costs at most", unit="images", least=1
    )
    sampled: bool = option(True, "count spread, share of firing cells and histograms")
    exact: bool = option(
        False, "count those over every cell and not over at most 12 x 12 of each map"
    )
    health: bool = option(
        True,
        "with the sampled statistics, also how like channels are, how local and how saturated; and "
        "the network's answers",
    )
    allow_mixed: bool = option(
        False, "resume with other threads, memory format or device; marked in the manifest"
    )

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing, and round the batch up."""
        check_options(self)
        # activations are bit-equal between batches that are multiples of 4, and only those
        object.__setattr__(self, "batch", -(-self.batch // 4) * 4)
