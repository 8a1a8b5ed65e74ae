"""What of a grid was left open, chosen to fit the images; what was given is kept or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from convscope.errors import DataError
from convscope.experiments.learning.options import PROBE_LEAST, LearncurveOptions
from convscope.experiments.learning.pool import SPARE, Pool, labeled
from convscope.experiments.learning.strongest import Ints
from convscope.render.words import count, joined
from convscope.training.split import even_order

LADDER = (200, 1000, 5000, 10000)
"""Training images where the data have them."""
SHARE, MOST = 0.3, 1000
"""Of the labelled images that the probe takes, and how many at most where classes are few."""
EACH = 4
"""Images of a class that the probe holds at least, on average: half fit the classifier."""


def fitted(options: LearncurveOptions, labels: Sequence[str | None]) -> LearncurveOptions:
    """The options with a probe and sizes that fit the images, where none were given.

    Args:
        options: what was given; ``probe`` 0 and no ``sizes`` are left open.
        labels: of each image.

    Raises:
        DataError: what was given does not fit; the message says numbers that do.

    >>> made = fitted(LearncurveOptions(), ["cat", "dog"] * 500)
    >>> made.probe, made.sizes
    (300, (200, 700))
    """
    classes, known = labeled(labels)
    order = even_order(known, options.split)
    total, least = len(order), probe_least(known[order], len(classes))
    probe = options.probe or _probe(total, max(options.sizes, default=len(classes)), least)
    sizes = options.sizes or ladder(total - probe, len(classes))
    made = replace(options, probe=probe, sizes=sizes)
    wrong = _wrong(options, made, total, len(classes))
    if wrong:
        raise DataError(f"{wrong} {_advice(total, least, len(classes))}")
    return made


def _probe(total: int, largest: int, least: int) -> int:
    """A share of the images, as much as a largest set that was given leaves, enough for classes."""
    return max(min(round(SHARE * total), MOST, total - largest), least)


def probe_least(ordered: Ints, classes: int) -> int:
    """A small beginning of an order whose halves both hold every class; else by their number.

    >>> probe_least(np.tile([0, 1, 2], 30), 3), probe_least(np.repeat([0, 1], [9, 1]), 2)
    (12, 8)
    """
    few = probe = max(EACH * classes, PROBE_LEAST)
    while probe <= len(ordered) // 2:  # a class that needs more of it is too rare, and named later
        halves = ordered[: probe // 2], ordered[probe // 2 : probe]
        if all(len(np.unique(half)) == classes for half in halves):
            return probe
        probe += max(probe // 20, 1)
    return few


def ladder(most: int, least: int) -> tuple[int, ...]:
    """Sizes of sets: the ladder's up to half of what there is, and that, at most the ladder's last.

    >>> ladder(49_000, 10), ladder(700, 10), ladder(90, 10), ladder(12, 10)
    ((200, 1000, 5000, 10000), (200, 700), (22, 90), (10, 12))
    """
    last = min(most, LADDER[-1])
    below = [size for size in LADDER if least <= size <= last // 2]
    return tuple(sorted({*(below or [max(last // 4, least)]), max(last, least)}))


def _wrong(given: LearncurveOptions, made: LearncurveOptions, total: int, classes: int) -> str:
    """Why numbers do not fit; empty where they do."""
    if made.probe < EACH * classes:
        return (
            f"{made.probe} probe images are too few for {classes} classes: one half of them fits "
            "the linear probe, the other tests it."
        )
    if total < made.probe + made.sizes[-1]:
        probe = f"{'' if given.probe else 'at least '}{made.probe:,}"
        train = f"{'' if given.sizes else 'at least '}{made.sizes[-1]:,}"
        return (
            f"{count(total, 'image')} with a label are too few for a probe of {probe} and {train} "
            "to train on."
        )
    if made.sizes[0] < classes:
        return (
            f"The smallest training set has {made.sizes[0]} images, fewer than the {classes} "
            "classes."
        )
    return ""


def _advice(total: int, least: int, classes: int) -> str:
    """Numbers that fit, or how many images there must be."""
    probe = _probe(total, classes, least)
    if total - probe < classes:
        return (
            f"Give more images: {classes} classes need {least:,} for the probe and {classes:,} to "
            "train on at least."
        )
    sizes = ",".join(map(str, ladder(total - probe, classes)))
    return f"--probe {probe} --sizes {sizes} would do."


def chosen_words(given: LearncurveOptions, made: LearncurveOptions) -> str:
    """What was chosen where nothing was given; empty where all was given."""
    parts = []
    if not given.probe:
        parts.append(f"{count(made.probe, 'image')} for the probe (--probe)")
    if not given.sizes:
        sizes = joined([f"{size:,}" for size in made.sizes])
        parts.append(f"training sets of {sizes} (--sizes)")
    return f"Chosen to fit these images: {' and '.join(parts)}." if parts else ""


def shared_words(split: Pool, options: LearncurveOptions) -> str:
    """That the seeds' largest sets share images, where there are too few to draw others."""
    largest, drawn_from = options.sizes[-1], len(split.train)
    if options.seeds < 2 or drawn_from >= SPARE * largest:
        return ""
    return (
        f"The seeds' sets of {largest:,} are drawn from {drawn_from:,} images, so they share most "
        "or all of them, and seeds differ by less than networks of other images would."
    )
