"""What must be said with pictures of classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.class_pictures import ClassPictures

SURE = 0.99
_LISTED = 12


def note_of(made: ClassPictures) -> str:
    """What the probability's rise is made of, what was not reached, what the noise is taken for.

    >>> note_of.__name__
    'note_of'
    """
    return " ".join([*_probability(made), *_score(made), *_control(made), *_climbs(made)])


def _probability(made: ClassPictures) -> Iterator[str]:
    sure = made.probabilities[:, 2]
    below = [f"{made.classes[i]} ({sure[i]:.1%})" for i in np.flatnonzero(~(sure > SURE))]
    yield f"By probability {len(sure) - len(below)} of {len(sure)} pass {SURE:.0%}."
    if below:
        yield f"Below it: {_listed(below)}; more steps may bring them there."
    if made.link == "sigmoid":
        return
    share = _share(made)
    if np.isfinite(share).any():
        yield (
            f"The class's own score rose by {np.nanmedian(share):.0%} of what it rises by score "
            "(median): a network that is sure has nothing left to gain, whatever the picture shows."
        )
    fell = int((made.others_fall > 0).sum())
    yield (
        f"A probability also rises where other scores fall, as they did for {fell} of {len(sure)}."
    )
    fallen = made.others_fall > np.maximum(made.own_rise, 0)
    if fallen.any():
        yield f"That did more than the class's own rise for {_named(made, fallen)}."


def _share(made: ClassPictures) -> NDArray[np.float64]:
    """Of the rise by score, the rise by probability (n,); nan where one of them did not rise."""
    by_score = made.scores[:, 1] - made.scores[:, 0]
    found = np.full(len(by_score), np.nan)
    rose = (by_score > 0) & (made.own_rise > 0)
    np.divide(made.own_rise, by_score, out=found, where=rose)
    return found


def _score(made: ClassPictures) -> Iterator[str]:
    others = [
        f"{name} ({said[1]})"
        for name, said in zip(made.classes, made.answers, strict=True)
        if said[1] != name
    ]
    if others and made.link == "softmax":
        yield (
            f"By score {len(others)} of {len(made.classes)} are taken for another class, whose "
            f"score is higher still: {_listed(others)}."
        )
    if np.isnan(made.best).all():
        yield "No atlas was given, so nothing says how high photographs score."
        return
    weaker = made.scores[:, 2] < made.best
    if weaker.any():
        yield (
            f"By probability {int(weaker.sum())} of {len(weaker)} score below the strongest "
            f"photograph: {_named(made, weaker)}."
        )


def _control(made: ClassPictures) -> Iterator[str]:
    taken = made.probabilities[:, 0] > 0.5
    if taken.any():
        yield f"The noise alone is taken for {_named(made, taken)}."


def _climbs(made: ClassPictures) -> Iterator[str]:
    for word, said in (
        ("flat", "has no slope on the noise, so its picture is the noise; try another seed"),
        ("diverged", "diverged, and its best before is shown: the step is too large"),
    ):
        for column, climbed in enumerate(("score", "probability")):
            some = np.array([status[column] == word for status in made.status])
            if some.any():
                yield f"The {climbed} of {_named(made, some)} {said}."
    asked: dict[str, Any] = made.provenance["options"]["recipe"]
    if asked["shown"] == "standardized":
        yield "Pictures are shown with their contrast standardized; numbers are of them as climbed."
    is_natural = asked["parameterization"] != "pixels" and asked["spectrum"] == "natural"
    if is_natural and made.provenance["spectrum_images"] == 0:
        yield "No images were given, so the spectrum is the usual 1/f."


def _named(made: ClassPictures, some: NDArray[np.bool_]) -> str:
    return _listed([name for name, is_one in zip(made.classes, some, strict=True) if is_one])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
