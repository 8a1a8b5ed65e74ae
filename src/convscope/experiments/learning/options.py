"""What may be asked of the learner's experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from convscope.errors import UsageError
from convscope.option import check_options, option

PROBE_LEAST = 8
"""Images of a probe: each half of it has four."""


@dataclass(frozen=True)
class LearncurveOptions:
    """Options of a grid of trainings: data size x epochs x seed.

    >>> LearncurveOptions(sizes=("1000,200",), epochs=(2,)).sizes
    (200, 1000)
    """

    sizes: tuple[int, ...] = option(
        (),
        "training images; each set holds the smaller ones; none given: 200,1000,5000,10000 as far "
        "as the images go",
        least=1,
    )
    epochs: tuple[int, ...] = option(
        (1, 4, 16), "walks through them; each its own run with its own annealing", least=1
    )
    seeds: int = option(3, "trainings of each, from different starts on other images", least=1)
    preset: str = option("cifar", "recipe of every training, as of convscope train")
    batch: int = option(
        32, "images in a step: few, so that little data makes steps too", unit="images", least=1
    )
    rate: float = option(
        0.0, "highest learning rate; 0: the preset's, of sgd in proportion to the batch", least=0
    )
    probe: int = option(
        0,
        "images that no network is trained on, which all are read on; 0: three of ten, 1000 at "
        "most, or as many as the classes need",
        unit="images",
        least=0,
    )
    units: int = option(
        12, "channels of each layer whose projections are compared between seeds", least=0
    )
    floor_size: int = option(
        0, "training images of the networks with shuffled labels; 0: the most", least=0
    )
    floor_epochs: int = option(0, "their epochs; 0: the most", unit="epochs", least=0)
    split: int = option(0, "seed of which images the probe takes", least=0)

    def __post_init__(self) -> None:
        """Read lists as commands give them, and refuse numbers that mean nothing."""
        object.__setattr__(self, "sizes", _ascending("sizes", self.sizes) if self.sizes else ())
        object.__setattr__(self, "epochs", _ascending("epochs", self.epochs))
        largest = max(self.sizes, default=0)
        object.__setattr__(self, "floor_size", self.floor_size or largest)
        object.__setattr__(self, "floor_epochs", self.floor_epochs or self.epochs[-1])
        check_options(self)
        if 0 < self.probe < PROBE_LEAST:
            raise UsageError(f"probe is {self.probe}; it must be {PROBE_LEAST} or more, or 0.")
        if self.sizes and self.floor_size > largest:
            raise UsageError(
                f"floor_size is {self.floor_size:,}, and the largest training set has "
                f"{largest:,} images. Give at most that."
            )


def _ascending(name: str, given: Any) -> tuple[int, ...]:
    """Numbers in rising order, each once; of the command line also ``200,1000``."""
    words = [word.strip() for one in _listed(given) for word in str(one).split(",")]
    numbers = sorted({int(word) for word in words if word.isdigit()})
    if not numbers or not all(word.isdigit() for word in words):
        raise UsageError(
            f"{name} are whole numbers, as in --{name} 200,1000,5000; not "
            f"{', '.join(words) or 'nothing'}."
        )
    return tuple(numbers)


def _listed(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, tuple | list) else (given,)
