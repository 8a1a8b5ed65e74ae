"""What may be asked of the evolution of a network over its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.errors import UsageError
from convscope.option import check_options, option


@dataclass(frozen=True)
class EvolveOptions:
    """Options of an evolution.

    >>> EvolveOptions(epochs="0,12,120").epoch_numbers
    (0, 12, 120)
    """

    layers: tuple[str, ...] = option((), "layers by name or pattern; empty: those with cells")
    units: int = option(
        12, "units of each layer that are projected, at random of those that fire", unit="units",
        least=1,
    )  # fmt: skip
    rows: int = option(6, "of them in the strip", unit="units", least=1)
    alike: float = option(
        0.5,
        "a layer has settled where its likeness to the last checkpoint stays at this or above",
        unit="share",
        least=0,
    )
    samples: int = option(
        2048, "cells of each layer whose activations match its units", unit="cells", least=16
    )
    epochs: str = option("", "of the checkpoints, where they do not say it: 0,12,120")
    model: str = option("", "spec of the network, where the checkpoints are weights alone")
    batch: int = option(
        8, "images run at once; rounded up to a multiple of 4", unit="images", least=1
    )
    seed: int = option(0, "of the choice of units and cells", least=0)
    image_column: str = option("image", "of a Parquet file, where the image bytes are")
    label_column: str = option("label", "of a Parquet file, where the labels are")

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing, and epochs that are none."""
        check_options(self)
        if self.alike > 1:
            raise UsageError(f"alike is {self.alike:g}; it is a share, from 0 to 1.")
        _ = self.epoch_numbers

    @property
    def epoch_numbers(self) -> tuple[int, ...]:
        """The epochs as numbers; empty where none are given.

        Raises:
            UsageError: they are no whole numbers.
        """
        try:
            return tuple(int(word) for word in self.epochs.split(",") if word.strip())
        except ValueError:
            raise UsageError(
                f"epochs {self.epochs!r} are no whole numbers. Give one for each checkpoint, in "
                "their order: 0,12,120."
            ) from None
