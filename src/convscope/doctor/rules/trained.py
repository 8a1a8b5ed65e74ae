"""Trained: what is left where no other rule holds."""

from __future__ import annotations

from collections.abc import Sequence

from convscope.doctor.evidence import Evidence, certainty, weaker
from convscope.doctor.rules.rule import Verdict, judgeable, knows
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
    return Verdict("trained", _how(evidence, told), why, tuple(states))


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
    return (
        f"It is right on {answered.right:,} of {answered.images:,} labelled images, which are too "
        "few to tell knowing from guessing."
    )


def _how(evidence: Evidence, told: Sequence[LayerState]) -> Certainty:
    if evidence.answered is None or not told or not knows(evidence):
        return "weak"
    faint, limit = sum(state != "trained" for state in told) / len(told), THRESHOLDS["faint"].value
    how = certainty(faint, limit, CLEAR)
    return how if faint < limit else weaker(how, "likely")  # its answers alone speak for it
