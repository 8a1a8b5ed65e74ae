"""Overfitted: better on what it was trained on than on others, or much surer than it is right."""

from __future__ import annotations

from collections.abc import Sequence

from convscope.doctor.answers import Answered
from convscope.doctor.evidence import Evidence, Fit, are_few, certainty, weaker
from convscope.doctor.rules.rule import Verdict, knows
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.health import LayerState

CLEAR = 0.1
"""Gap beyond the threshold that is sure, as most of the calibration's were."""


def overfitted(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    """Whether it has learnt by heart; guesses on trained weights are another matter."""
    gap, why = overfit_gap(evidence)
    if gap is None or not knows(evidence):
        return None
    fit = evidence.fit
    limit = THRESHOLDS["surer" if fit is None else "gap"].value
    if gap < limit or (fit is not None and not fit.is_certain):
        return None
    how = weaker(certainty(gap, limit, CLEAR), "likely" if fit is None else "sure")
    if fit is not None and fit.images and are_few(fit.images):
        how = weaker(how, "likely")
    return Verdict("overfitted", how, why, tuple(states))


def overfit_gap(evidence: Evidence) -> tuple[float | None, str]:
    """By how much it is better on what it was trained on, or surer than right; and that in words.

    The first where both accuracies are known; else the second, which takes images that the network
    was not trained on, and also shows where these are of another kind.
    """
    if evidence.fit is not None:
        return evidence.fit.gap, fit_words(evidence.fit)
    answered = evidence.answered
    if answered is None:
        return None, ""
    return answered.confidence - answered.accuracy, _surer(answered)


def fit_words(fit: Fit) -> str:
    """Both accuracies, and where they come from."""
    return (
        f"Right on {percent(fit.trained)} of what it was trained on and {percent(fit.held_out)} of "
        f"other images ({fit.source})."
    )


def _surer(answered: Answered) -> str:
    return (
        f"Its answers have a probability of {percent(answered.confidence)} on average, and it is "
        f"right on {percent(answered.accuracy)} of {answered.images:,} images."
    )
