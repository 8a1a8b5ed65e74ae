"""How a network answers, and whether that is more than guessing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas

LUCK = 1e-6
"""Chance alone does as well less often than this: more is knowing."""
CLOSE = 0.1
"""Accuracy above that of guesses, which guesses cannot have: then there are images enough to tell
guesses from knowing a little."""
DOUBT = 0.025


@dataclass(frozen=True)
class Answered:
    """How the network answers on the images that were looked at."""

    accuracy: float
    """Share of the labelled images whose strongest class is their label."""
    confidence: float
    """Mean probability of the strongest class, over the same images."""
    classes: int
    images: int
    guessing: float = 0.0
    """Accuracy that its answers would have if they were dealt to the images at random: of a network
    that always says the commonest class, as large as that class. 0: one over the classes."""
    commonest: float = 0.0
    """Share of the images that get the answer given most often."""

    @property
    def chance(self) -> float:
        """Accuracy of a network that knows nothing and answers as this one does."""
        return self.guessing or 1 / self.classes

    @property
    def right(self) -> int:
        """How many images it is right on."""
        return round(self.accuracy * self.images)

    @property
    def is_finite(self) -> bool:
        """Whether its answers are numbers."""
        return self.confidence == self.confidence

    @property
    def sureness(self) -> float:
        """Confidence from 0, that of equal probabilities, to 1."""
        return (self.confidence - 1 / self.classes) / (1 - 1 / self.classes)

    def knows(self) -> bool:
        """Whether it is right more often than guessing would be in a million such sets of images.

        >>> Answered(0.1, 0.9, classes=10, images=500).knows()
        False
        >>> Answered(0.2, 0.9, classes=10, images=500).knows()
        True
        """
        from scipy.stats import binom

        return bool(binom.sf(self.right - 1, self.images, self.chance) < LUCK)

    def guesses(self) -> bool:
        """Whether there are images enough to say that it does not know: neither is true of few.

        Source: the upper end of the exact interval of Clopper & Pearson (1934), at 97.5 %.

        >>> Answered(0.125, 0.9, classes=10, images=8).guesses()
        False
        >>> Answered(0.125, 0.9, classes=10, images=500).guesses()
        True
        """
        from scipy.stats import beta

        if self.knows() or self.right == self.images:
            return False
        most = beta.ppf(1 - DOUBT, self.right + 1, self.images - self.right)
        return bool(most < self.chance + CLOSE)


def answers_of(atlas: Atlas) -> Answered | None:
    """How the network answers on an atlas's labelled images; None where that is not known."""
    found = atlas.answers()
    if found is None:
        return None
    known = found.label_class >= 0
    classes = len(atlas.manifest.get("classes") or ())
    if not known.any() or classes < 2:
        return None
    guesses, labels = found.guess[known], found.label_class[known]
    said, meant = (
        np.bincount(some[some >= 0], minlength=classes)[:classes] / len(some)
        for some in (guesses, labels)
    )
    return Answered(
        accuracy=float((guesses == labels).mean()),
        confidence=float(found.probability[known].mean()),
        classes=classes,
        images=len(labels),
        guessing=float(np.dot(said, meant)),
        commonest=float(said.max()),
    )
