"""Trained: what is left where no other rule holds."""

from __future__ import annotations

from collections.abc import Sequence

from convscope.doctor.evidence import Evidence, certainty, weaker
from convscope.doctor.rules.rule import Verdict, is_fitted, judgeable, knows
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.finding import Certainty
from convscope.results.health import LayerState

CLEAR = 0.3
"""Share of faint layers below the threshold that is sure, as the calibration's were."""


def trained(evidence: Evidence, states: Sequence[LayerState]) -> Verdict:
    """The verdict of a network that nothing speaks against."""
    told = judgeable(states)
    why = " ".join([_standing(told), _answering(evidence)]).strip()
    return Verdict("trained", _how(evidence, told), why, tuple(states), _then(evidence))


def _then(evidence: Evidence) -> str:
    """What its patterns do not say: whether it has finished."""
    fit, answered = evidence.fit, evidence.answered
    if is_fitted(evidence) is not False:
        return ""
    if fit is not None:
        return f"Yet it is right on only {percent(fit.trained)} of what it was trained on."
    sure = percent(answered.confidence) if answered else "0 %"
    return f"Yet its answers have a probability of only {sure} on average: it may not be done."


def _standing(told: Sequence[LayerState]) -> str:
    if not told:
        return "No layer can be judged by its weights."
    strong = sum(state == "trained" for state in told)
    return f"{strong} of {len(told)} layers have patterns that stand out of a shuffle."


def _answering(evidence: Evidence) -> str:
    answered = evidence.answered
    if answered is None:
        return ""
    if knows(evidence):
        return f"It is right on {percent(answered.accuracy)} of the images."
    if answered.of_one_class:
        return (
            f"It is right on {percent(answered.accuracy)} of the images, which are all of one "
            "class: that does not tell knowing from guessing."
        )
    return (
        f"It is right on {answered.right:,} of {answered.images:,} labelled images, which does not "
        f"tell knowing from guessing ({percent(answered.chance, 1)})."
    )


def _how(evidence: Evidence, told: Sequence[LayerState]) -> Certainty:
    if evidence.answered is None or not told or not knows(evidence):
        return "weak"
    faint, limit = sum(state != "trained" for state in told) / len(told), THRESHOLDS["faint"].value
    how = certainty(faint, limit, CLEAR)
    return how if faint < limit else weaker(how, "likely")  # its answers alone speak for it
