"""Which images are held out and which are trained on: one order, dealt evenly over the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.errors import DataError
from convscope.training.options import TrainOptions

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Numbers of images, ascending, and which class each image of the source is of."""

    train: Numbers
    validation: Numbers
    classes: tuple[str, ...]
    """The distinct labels, sorted: the order of the network's output."""
    targets: Numbers
    """Class of every image; -1: it has no label."""


def split(labels: Sequence[str | None], options: TrainOptions) -> Split:
    """Split images by their labels: held out first, then as many as are asked for.

    Both are beginnings of one seeded order in which every class is spread evenly, so that a
    smaller ``data_size`` is part of a larger one and the held-out images are the same for both.

    Raises:
        DataError: no labels, one class, or fewer training images than classes.

    >>> found = split(list("ababababab"), TrainOptions(held_out=0.2, data_size=4))
    >>> len(found.train), len(found.validation), found.classes
    (4, 2, ('a', 'b'))
    """
    classes = tuple(sorted({label for label in labels if label is not None}))
    _check_classes(len(labels), classes)
    numbers = {name: number for number, name in enumerate(classes)}
    targets = np.array([-1 if label is None else numbers[label] for label in labels], np.int64)
    order = even_order(targets, options.seed)
    held = round(options.held_out * len(order))
    if options.schedule == "plateau":
        held = max(held, 1)
    wanted = options.data_size or len(order)
    train = order[held : held + wanted]
    _check_count(len(train), len(order) - held, classes, options)
    return Split(np.sort(train), np.sort(order[:held]), classes, targets)


def even_order(targets: Numbers, seed: int) -> Numbers:
    """A random order of the labelled images in which each class is spread evenly.

    An image's place is the middle of its class's share, ``(rank + 1/2) / count``; ranks and ties
    are drawn.
    """
    known = np.flatnonzero(targets >= 0)
    drawn = np.random.default_rng([seed, 0]).permutation(known)
    place = np.zeros(len(drawn))
    for number in np.unique(targets[drawn]):
        mine = np.flatnonzero(targets[drawn] == number)
        place[mine] = (np.arange(len(mine)) + 0.5) / len(mine)
    return drawn[np.argsort(place, kind="stable")]


def shuffled(targets: Numbers, train: Numbers, seed: int) -> Numbers:
    """The classes with those of the training images dealt out anew."""
    dealt = targets.copy()
    dealt[train] = np.random.default_rng([seed, 1]).permutation(targets[train])
    return dealt


def _check_classes(count: int, classes: Sequence[str]) -> None:
    if not classes:
        raise DataError(
            f"None of the {count} images has a label. Put each class into a folder of its own, or "
            "name the column of labels (--label-column)."
        )
    if len(classes) == 1:
        raise DataError(
            f"All images are of one class, {classes[0]!r}; a classifier needs two. Put each class "
            "into a folder of its own, or name the column of labels (--label-column)."
        )


def _check_count(train: int, pool: int, classes: Sequence[str], options: TrainOptions) -> None:
    if options.data_size > pool:
        raise DataError(
            f"--data-size is {options.data_size:,}, and {pool:,} images are left to train on. Take "
            "fewer, or hold fewer out (--held-out)."
        )
    if train < len(classes):
        more = "Take more (--data-size)" if options.data_size else "Give more images"
        raise DataError(
            f"{train} images to train on are fewer than the {len(classes)} classes. {more}, or "
            "hold fewer out (--held-out)."
        )
