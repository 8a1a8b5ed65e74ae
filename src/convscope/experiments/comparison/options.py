"""What may be asked of a comparison of two networks."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.option import check_options, option


@dataclass(frozen=True)
class CompareOptions:
    """Options of a comparison.

    >>> CompareOptions().channels
    24
    """

    channels: int = option(
        24, "of the second layer that are projected, at random of those that fire",
        unit="channels", least=1,
    )  # fmt: skip
    sample: int = option(
        2000,
        "images to look at, evenly spread over all; 0: all of them; given an atlas, its own",
        unit="images",
        least=0,
    )
    name_a: str = option("", "what the first network is called; empty: its spec")
    name_b: str = option("", "what the second is called; empty: its spec")
    batch: int = option(
        8, "images run at once; rounded up to a multiple of 4", unit="images", least=1
    )
    seed: int = option(0, "of the choice of channels", least=0)
    image_column: str = option("image", "of a Parquet file, where the image bytes are")
    label_column: str = option("label", "of a Parquet file, where the labels are")

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        check_options(self)
