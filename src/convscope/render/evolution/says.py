"""What is said of an evolution: what was looked at, when each layer settled, and what chance is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from convscope.render.words import count, joined, number, percent
from convscope.results.evolution import Evolution

BY = {"similarity": "projections", "overlap": "nine strongest images"}
"""What likeness is of, by its name in the result."""


def lead(result: Evolution) -> str:
    """How many layers, checkpoints and images.

    >>> lead.__name__
    'lead'
    """
    first, last = int(result.epochs[0]), int(result.epochs[-1])
    images = count(int(result.provenance["images"]["read"]), "image")
    layers, times = count(len(result.layers), "layer"), count(len(result.epochs), "checkpoint")
    return f"{layers} at {times}, epochs {first:,} to {last:,}, all seen through the same {images}."


def settled_words(result: Evolution, place: int, noun: str = "") -> str:
    """From which epoch on something is as it is at the last checkpoint: ``from 12``.

    What the untrained network has already has not settled; it has hardly changed.

    >>> settled_words.__name__
    'settled_words'
    """
    if place < 0:
        return f"not before {noun}{int(result.epochs[-1]):,}"
    if result.epochs[place] == 0:
        return "as untrained"
    return f"from {noun}{int(result.epochs[place]):,}"


def settled_layer(result: Evolution, by: str, layer: int, noun: str = "") -> str:
    """The same of a layer; one in which nothing fires has not settled, nor failed to.

    >>> settled_layer.__name__
    'settled_layer'
    """
    if not np.isfinite(getattr(result, f"{by}_last")[layer]).any():
        return "unknown, nothing fires"
    return settled_words(result, int(result.settled(by)[layer]), noun)


def sentences(result: Evolution) -> Iterator[str]:
    """The answer in words: what settled when, how alike it was before, and what chance gives."""
    for by, what in BY.items():
        yield _settling(result, by, what)
    yield _midway(result)
    yield _chance(result)
    yield _numbers(result)
    if result.note:
        yield result.note


def _settling(result: Evolution, by: str, what: str) -> str:
    groups: dict[str, list[str]] = {}
    order = result.settled(by)
    for layer in sorted(range(len(order)), key=lambda at: (order[at] < 0, order[at])):
        place = int(order[layer])
        told = f"{settled_layer(result, by, layer, 'epoch ')}{_hardly(result, place)}"
        groups.setdefault(told, []).append(result.layers[layer])
    said = "; ".join(f"{joined(names)} {told}" for told, names in groups.items())
    likeness = f"likeness to the last checkpoint {number(result.alike)} or more"
    return f"Settled by {what} ({likeness}): {said}."


def _hardly(result: Evolution, place: int) -> str:
    return " (hardly changed)" if place >= 0 and result.epochs[place] == 0 else ""


def midway(result: Evolution) -> int:
    """The checkpoint before the last at which the first and the last layer differ most.

    >>> midway.__name__
    'midway'
    """
    one, other = result.similarity_last[0, :-1], result.similarity_last[-1, :-1]
    return int(np.argmax(np.nan_to_num(np.abs(one - other), nan=-1.0)))


def _midway(result: Evolution) -> str:
    place = midway(result)
    one, other = result.similarity_last[0], result.similarity_last[-1]
    first, last = result.layers[0], result.layers[-1]
    nine = result.overlap_last[0, place], result.overlap_last[-1, place]
    return (
        f"At epoch {int(result.epochs[place]):,} the likeness to the end is {decimal(one[place])} "
        f"for projections of {first} and {decimal(other[place])} for those of {last}; the overlap "
        f"of the nine strongest images is {decimal(nine[0])} and {decimal(nine[1])}."
    )


def _chance(result: Evolution) -> str:
    return (
        f"Chance: nine images drawn at random would overlap by {decimal(result.chance)}; the nine "
        "strongest of two units of one layer do by "
        f"{decimal(_most(result.other_overlap))} at most, and their projections are alike by "
        f"{decimal(_most(result.other_similarity))}.{_untrained(result)}"
    )


def _untrained(result: Evolution) -> str:
    if result.epochs[0]:
        return ""
    drawn, nine = _most(result.similarity_last[:, 0]), _most(result.overlap_last[:, 0])
    return (
        f" The untrained network's projections are like those of the end by {decimal(drawn)} at "
        f"most, and its nine strongest images overlap with theirs by {decimal(nine)}."
    )


def _numbers(result: Evolution) -> str:
    """Whether a unit keeps its number, from the last checkpoint but one."""
    kept, jumps = result.kept[:, -1], result.jumps[:, -1]
    span = f"from epoch {int(result.epochs[-2]):,} to the end"
    jumped = _jumped(jumps)
    if not np.isfinite(kept).any():
        return f"{span.capitalize()} {jumped}."
    compared = result.compared[:, -1]
    chance = percent(1 / int(compared[compared > 0].min()))
    return (
        f"Matched by their activations, {_between(kept)} of a layer's units keep their number "
        f"{span} (by chance at most {chance} would); {jumped}."
    )


def _between(shares: NDArray[np.float64]) -> str:
    """The least and the largest of some, or all where they read alike."""
    low, high = percent(float(np.nanmin(shares))), percent(float(np.nanmax(shares)))
    return low if low == high else f"{low} to {high}"


def _jumped(jumps: NDArray[np.bool_]) -> str:
    if not len(jumps):
        return "no unit could be followed, for none fires at the last checkpoint"
    share = percent(float(jumps.mean()))
    return f"the strongest patch of {share} of the units drawn jumped to another image"


def decimal(value: float) -> str:
    """A likeness with two decimals.

    >>> decimal(0.6864), decimal(-0.004), decimal(0.003), decimal(float("nan"))
    ('0.69', '0.00', '< 0.01', 'unknown')
    """
    if not np.isfinite(value):
        return "unknown"
    if 0 < value < 0.01:
        return "< 0.01"
    return f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "\u2212")


def _most(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else float("nan")
