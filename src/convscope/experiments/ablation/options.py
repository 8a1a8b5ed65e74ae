"""What may be asked of an ablation."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.errors import UsageError
from convscope.option import check_options, option


@dataclass(frozen=True)
class AblateOptions:
    """Options of an ablation: one network, its variants, and how each is trained.

    >>> AblateOptions(variants=("without=3+4", "fc=512")).seeds
    1
    """

    model: str = option("", "the whole network; empty: the preset's")
    variants: tuple[str, ...] = option(
        (),
        "what is changed in it, as in without=3+4 or fc=512,wide=yes; or a network of its own, as "
        "in mynets.py:shallow; none: the variants of Zeiler & Fergus' Table 3",
    )
    preset: str = option("cifar", "the recipe that every one is trained by")
    epochs: int = option(0, "of each training; 0: the preset's", unit="epochs", least=0)
    batch: int = option(0, "images in a step; 0: the preset's", unit="images", least=0)
    rate: float = option(0.0, "learning rate; 0: the preset's", least=0)
    data_size: int = option(
        0, "train on so many images, of each class alike; 0: all", unit="images", least=0
    )
    held_out: float = option(
        0.1, "of the images, of each class alike, for validation", unit="share", least=0
    )
    seeds: int = option(1, "trainings of each variant, with seeds 0, 1, ...", least=1)
    allow_mixed: bool = option(
        False, "go on with other threads or versions: losses then differ in their last digits"
    )

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        check_options(self)
        if not 0 < self.held_out < 1:
            raise UsageError(
                f"held_out is {self.held_out:g}; networks are compared on images they were not "
                "trained on, a share above 0 and below 1."
            )
