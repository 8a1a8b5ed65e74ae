"""Pictures of classes by score and by probability, beside the noise that both started from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result
from convscope.results.shares import Link, shares

COLUMNS = ("start", "by score", "by probability")
"""The noise, the picture whose score was climbed, that whose probability was."""


@dataclass(frozen=True)
class ClassPictures(Result):
    """Two pictures of each class from one noise, and what the network says of all three.

    >>> noise, one = np.zeros((8, 8, 3), np.uint8), np.zeros((1, 8, 8, 3), np.uint8)
    >>> scores, odds = np.array([[1.0, 90.0, 20.0]]), np.array([[-7.0, -3.0, 7.0]])
    >>> said = (("tabby", "pug", "beagle"),)
    >>> made = ClassPictures(noise, one, one, scores, odds, np.full(1, 30.0), said, ("beagle",),
    ...                      (162,), (("", ""),), "softmax", "", {})
    >>> made.probabilities.round(3).tolist(), made.own_rise.tolist(), made.others_fall.tolist()
    ([[0.001, 0.047, 0.999]], [19.0], [-5.0])
    """

    start: NDArray[np.uint8]
    """(h, w, c) the noise, the same for all."""
    by_score: NDArray[np.uint8]
    """(n, h, w, c), as shown."""
    by_probability: NDArray[np.uint8]
    """(n, h, w, c), as shown."""
    scores: NDArray[np.float64]
    """(n, 3) of the class, before softmax or sigmoid, in the order of `COLUMNS`."""
    odds: NDArray[np.float64]
    """(n, 3) log-odds of the class: under a softmax its score less the log-sum-exp of the others',
    under a sigmoid its score."""
    best: NDArray[np.float64]
    """(n,): the class's largest score in the data; nan where no atlas was given."""
    answers: tuple[tuple[str, ...], ...]
    """(n, 3): the class of the largest score."""
    classes: tuple[str, ...]
    """Names."""
    numbers: tuple[int, ...]
    """In the network's output."""
    status: tuple[tuple[str, ...], ...]
    """(n, 2): of each climb empty, ``diverged``, or ``flat`` where it never had a slope."""
    link: Link
    """What makes probabilities of scores."""
    note: str
    """What must be said with the pictures."""
    provenance: dict[str, Any]
    """Method, options, weights hash, versions."""

    @property
    def captioned(self) -> str:
        """Whose sentences stand with the pictures."""
        return "class_pictures"

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(n, 3) in the order of `COLUMNS`."""
        return shares(self.odds, "sigmoid")

    @property
    def own_rise(self) -> NDArray[np.float64]:
        """(n,): by how much the class's own score rose, where its probability was climbed."""
        return self.scores[:, 2] - self.scores[:, 0]

    @property
    def others_fall(self) -> NDArray[np.float64]:
        """(n,): by how much the log-sum-exp of all other scores fell there; negative: it rose.

        With ``own_rise`` it adds up to the rise of the log-odds.
        """
        return self.odds[:, 2] - self.odds[:, 0] - self.own_rise
