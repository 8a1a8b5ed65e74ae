"""Which images are for the probe, and from which the training sets are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.errors import DataError
from convscope.experiments.learning.strongest import Ints
from convscope.training.split import even_order

SPARE = 2
"""Times the largest training set that the pool holds where there are so many images: each seed
draws its own, so that what seeds differ by holds what data differ by."""


@dataclass(frozen=True)
class Pool:
    """A split of a data set."""

    classes: tuple[str, ...]
    """Labels, sorted: the order of the network's output."""
    probe: Ints
    """Images that no network is trained on; every beginning holds the classes in proportion."""
    train: Ints
    """Images that training sets are drawn from."""
    labels: Ints
    """The class of every image of the data set; -1 where it has none."""


def pool(labels: Sequence[str | None], probe: int, largest: int, seed: int = 0) -> Pool:
    """Set images apart for the probe, of each class alike. Images without a label are left out.

    Args:
        labels: of each image.
        probe: images for the probe.
        largest: the largest training set.
        seed: of the split.

    Raises:
        DataError: there are fewer images than that, or fewer than two classes.

    >>> made = pool(["cat", "dog"] * 50, probe=20, largest=30)
    >>> len(made.probe), len(made.train), made.labels[made.probe].tolist().count(0)
    (20, 60, 10)
    """
    classes = tuple(sorted({label for label in labels if label is not None}))
    numbers = {name: place for place, name in enumerate(classes)}
    known = np.array([-1 if label is None else numbers[label] for label in labels], np.int64)
    _check(classes, int((known >= 0).sum()), probe, largest)
    order = even_order(known, seed)
    return Pool(classes, order[:probe], order[probe : probe + SPARE * largest], known)


def _check(classes: tuple[str, ...], labeled: int, probe: int, largest: int) -> None:
    if len(classes) < 2:
        has = f"all are {classes[0]!r}" if classes else "none has a label"
        raise DataError(
            f"There is nothing to learn in these images: {has}. A class is the name of a folder "
            "below the root, or a column of the table (--label-column)."
        )
    if probe < 4 * len(classes):
        raise DataError(
            f"{probe} probe images are too few for {len(classes)} classes: one half of them fits "
            f"the linear probe, the other tests it. Give {20 * len(classes)} or more (--probe)."
        )
    if labeled < probe + largest:
        raise DataError(
            f"{largest:,} training images and {probe:,} for the probe are wanted, and "
            f"{labeled:,} images have a label. Give smaller sizes (--sizes), or a smaller probe "
            "(--probe)."
        )
