"""How a network answers, and whether that is more than guessing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.doctor.thresholds import THRESHOLDS

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas

Counts = NDArray[np.float64]


@dataclass(frozen=True)
class Answered:
    """How the network answers on the images that were looked at."""

    accuracy: float
    """Share of the labelled images whose strongest class is their label."""
    confidence: float
    """Mean probability of the strongest class, over the same images; NaN where none is a number."""
    classes: int
    images: int
    guessing: float | None = None
    """Accuracy that its answers would have if they were dealt to the images at random: of a network
    that always says the commonest class, as large as that class. None: one over the classes."""
    variance: float | None = None
    """Of the number of right answers, dealt so. None: that of a binomial."""
    commonest: float = 0.0
    """Share of the images that get the answer given most often."""
    of_one_class: bool = False
    """Whether all labels are the same: then any answers are as good dealt out anew."""

    @property
    def chance(self) -> float:
        """Accuracy of a network that knows nothing and answers as this one does."""
        return 1 / self.classes if self.guessing is None else self.guessing

    @property
    def right(self) -> int:
        """How many images it is right on."""
        return round(self.accuracy * self.images)

    @property
    def is_finite(self) -> bool:
        """Whether any of its answers is a number."""
        return self.confidence == self.confidence

    @property
    def sureness(self) -> float:
        """Confidence from 0, that of equal probabilities, to 1."""
        return (self.confidence - 1 / self.classes) / (1 - 1 / self.classes)

    @property
    def luck(self) -> float:
        """How often its answers, dealt at random, would be right on as many images or more.

        The tail of a binomial with the mean and the variance that dealing has; 1 where dealing
        changes nothing, as where all labels are one class: such images tell nothing.

        Source: mean and variance of matches over random permutations, Hoeffding (1951).
        """
        from scipy.special import betainc

        mean, variance = self.chance * self.images, self._variance
        if variance <= 0 or self.right <= mean:
            return 1.0
        share = max(1 - variance / mean, 1e-9)  # of a binomial with that mean and variance
        draws = mean / share
        if self.right > draws:
            return 0.0
        return float(betainc(self.right, draws - self.right + 1, share))

    @property
    def _variance(self) -> float:
        chance = self.chance
        return self.images * chance * (1 - chance) if self.variance is None else self.variance

    def knows(self) -> bool:
        """Whether it is right more often than luck is in a million such sets of images.

        >>> Answered(0.1, 0.9, classes=10, images=500).knows()
        False
        >>> Answered(0.2, 0.9, classes=10, images=500).knows()
        True
        """
        return self.luck < THRESHOLDS["knows"].value

    def guesses(self) -> bool:
        """Whether nothing speaks for knowing, and there are images enough for it to show.

        Its true accuracy is hardly more than that of luck: at most a tenth of what is left beyond
        luck, by the upper end of the exact interval of Clopper & Pearson (1934) at 97.5 %. Few
        images leave that open, and so do labels of one class.

        >>> Answered(0.125, 0.9, classes=10, images=8).guesses()
        False
        >>> Answered(0.11, 0.9, classes=10, images=500).guesses()
        True
        """
        from scipy.stats import beta

        if self.of_one_class or self.right >= self.images or self.luck < THRESHOLDS["lucky"].value:
            return False
        most = beta.ppf(0.975, self.right + 1, self.images - self.right)
        return bool(most - self.chance < THRESHOLDS["little"].value * (1 - self.chance))


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
        np.bincount(some[some >= 0], minlength=classes)[:classes].astype(float)
        for some in (guesses, labels)
    )
    mean, variance = dealt(said, meant)
    sure = found.probability[known]
    return Answered(
        accuracy=float((guesses == labels).mean()),
        confidence=float(np.nanmean(sure)) if np.isfinite(sure).any() else float("nan"),
        classes=classes,
        images=len(labels),
        guessing=mean / len(labels),
        variance=variance,
        commonest=float(said.max() / len(labels)),
        of_one_class=bool((meant > 0).sum() == 1),
    )


def dealt(said: Counts, meant: Counts) -> tuple[float, float]:
    """Mean and variance of how many answers are right when they are dealt to images at random.

    Args:
        said: (classes,) how often each class is the answer.
        meant: (classes,) how often it is the label.

    >>> dealt(np.array([2.0, 0.0]), np.array([1.0, 1.0]))
    (1.0, 0.0)
    """
    images, both = float(meant.sum()), float(said @ meant)
    mean = both / images
    spread = both - (said @ meant**2 + said**2 @ meant) / images + mean**2
    return mean, max(float(spread) / max(images - 1, 1), 0.0)
