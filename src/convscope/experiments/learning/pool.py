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
        largest: the largest training set; that there are so many is seen to by `fit`.
        seed: of the split.

    Raises:
        DataError: there are fewer than two classes.

    >>> made = pool(["cat", "dog"] * 50, probe=20, largest=30)
    >>> len(made.probe), len(made.train), made.labels[made.probe].tolist().count(0)
    (20, 60, 10)
    """
    classes, known = labeled(labels)
    order = even_order(known, seed)
    return Pool(classes, order[:probe], order[probe : probe + SPARE * largest], known)


def labeled(labels: Sequence[str | None]) -> tuple[tuple[str, ...], Ints]:
    """The classes, sorted, and the number of each image's: -1 where it has none.

    Raises:
        DataError: there are fewer than two classes.

    >>> labeled(["dog", None, "cat"])[0], labeled(["dog", None, "cat"])[1].tolist()
    (('cat', 'dog'), [1, -1, 0])
    """
    classes = tuple(sorted({label for label in labels if label is not None}))
    if len(classes) < 2:
        has = f"all are {classes[0]!r}" if classes else "none has a label"
        raise DataError(
            f"There is nothing to learn in these images: {has}. A class is the name of a folder "
            "below the root, or a column of the table (--label-column)."
        )
    numbers = {name: place for place, name in enumerate(classes)}
    known = [-1 if label is None else numbers[label] for label in labels]
    return classes, np.array(known, np.int64)
