"""A fooled network: a picture before and after a change, and what the network answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result
from convscope.results.shares import Link, shares

ROWS = ("before", "after", "rounded", "random")
"""What the network is asked of: the picture, the changed one, the same in 8 bits, the control."""
TOP = 5
"""Classes that are listed of each."""


def is_met(scores: NDArray[Any], number: int, toward: bool, link: Link) -> bool:
    """Whether scores (K,) answer as was wanted of a class.

    Under a softmax that it is the answer, or is not; under a sigmoid, where classes hold by
    themselves, that its probability is above one half, or below.

    >>> scores = np.array([2.0, 1.0])
    >>> is_met(scores, 0, True, "softmax"), is_met(scores, 0, False, "sigmoid")
    (True, False)
    """
    if link == "sigmoid":
        return bool(scores[number] > 0 if toward else scores[number] < 0)
    return (int(scores.argmax()) == number) == toward


@dataclass(frozen=True)
class Fooling(Result):
    """A change of a picture that was to turn the network's answer.

    All changes and norms are in levels of 255: 8 is 8/255 of the range of a color.

    >>> gray, change = np.full((2, 2, 1), 90, np.uint8), np.array([[[8, -8], [8, 8]]], np.float32)
    >>> scores = np.array([[3.0, 0.0], [0.0, 3.0], [0.0, 3.0], [3.0, 0.0]])
    >>> made = Fooling(gray, gray, change, scores, "cat", 0, False, 8.0, 1, 1,
    ...                ((0, "cat"), (1, "dog")), "", {})
    >>> made.is_fooled("after"), made.is_fooled("random"), made.norms["l2"], made.answer("after")
    (True, False, 16.0, 'dog')
    """

    shown: NDArray[np.uint8]
    """(H, W, c) the picture before; of noise, the noise that was begun with."""
    fooled: NDArray[np.uint8]
    """(H, W, c) after, rounded: what a saved PNG holds."""
    perturbation: NDArray[np.float32]
    """(c, H, W) the change in levels of 255, before rounding."""
    scores: NDArray[np.float64]
    """(4, K) class scores before softmax or sigmoid, in the order of `ROWS`."""
    target: str
    """The class that was raised or lowered."""
    target_number: int
    toward: bool
    """Whether the class was raised; else it was lowered."""
    eps: float
    """The most that any value was allowed to change, in levels; of noise, 255."""
    steps: int
    """Steps taken."""
    first: int
    """Steps after which the answer was first as wanted; -1: it never was.

    Of noise: after which the class's probability was first one half or more.
    """
    classes: tuple[tuple[int, str], ...]
    """Number and name of every class among the most probable of a row, and the target."""
    note: str
    """What must be said with it; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, weights hash, image, versions."""
    link: Link = "softmax"
    """What makes probabilities of the scores."""

    @property
    def kind(self) -> str:
        """Which way of fooling."""
        return str(self.provenance.get("options", {}).get("kind", ""))

    @property
    def captioned(self) -> str:
        """Whose sentences stand with the picture."""
        return "fooling_noise" if self.kind == "noise" else "fooling"

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(4, K) in the order of `ROWS`."""
        return shares(self.scores, self.link)

    def probability(self, row: str) -> float:
        """The target's, in one of `ROWS`."""
        return float(self.probabilities[ROWS.index(row), self.target_number])

    def top(self, row: str, count: int = TOP) -> tuple[tuple[int, str, float], ...]:
        """Number, name and probability of the most probable classes, at most five."""
        found = self.probabilities[ROWS.index(row)]
        order = np.argsort(-self.scores[ROWS.index(row)], kind="stable")[: min(count, TOP)]
        names = dict(self.classes)
        return tuple((n, names[n], float(found[n])) for n in order.tolist())

    def answer(self, row: str) -> str:
        """The most probable class."""
        return self.top(row, 1)[0][1]

    def is_met(self, row: str) -> bool:
        """Whether the answer is as wanted."""
        return is_met(self.scores[ROWS.index(row)], self.target_number, self.toward, self.link)

    def is_fooled(self, row: str = "rounded") -> bool:
        """Whether the answer is as wanted, and was not before."""
        return self.is_met(row) and not self.is_met("before")

    @property
    def norms(self) -> dict[str, float]:
        """``linf``, ``l2`` and ``mean`` (of absolute values) of the change, in levels."""
        return _norms(self.perturbation)

    @property
    def norms_rounded(self) -> dict[str, float]:
        """The same of the change between the two 8-bit pictures."""
        return _norms(self.fooled.astype(np.float64) - self.shown)


def _norms(change: NDArray[Any]) -> dict[str, float]:
    size = np.abs(change.astype(np.float64))
    return {
        "linf": float(size.max()),
        "l2": float(np.sqrt(np.square(size).sum())),
        "mean": float(size.mean()),
    }
