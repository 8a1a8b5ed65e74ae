"""Early: most layers' patterns are faint, and the answers (where known) are not sure either."""

from __future__ import annotations

from collections.abc import Sequence

from convscope.doctor.evidence import Evidence, certainty
from convscope.doctor.rules.rule import Verdict, judgeable
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.health import LayerState

CLEAR = 0.3
"""Share of layers beyond the threshold that is sure, as the calibration's were, save a few."""


def early(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    """Whether training has begun and is not done."""
    told = judgeable(states)
    faint = sum(state in ("begun", "noise") for state in told)
    limit = THRESHOLDS["faint"].value
    if not told or faint / len(told) < limit or _is_sure(evidence) or _is_stuck(evidence):
        return None
    answered = evidence.answered
    why = f"{faint} of {len(told)} layers have no clear pattern yet ({_listed(told)})."
    if answered is not None:
        why += f" Its answers have a probability of {percent(answered.confidence)} on average."
    how = certainty(faint / len(told), limit, CLEAR)
    return Verdict("early", how if answered else "weak", why, tuple(states))


def _listed(told: Sequence[LayerState]) -> str:
    counts = (("a faint one", told.count("begun")), ("none", told.count("noise")))
    return ", ".join(f"{count} {said}" for said, count in counts if count)


def _is_stuck(evidence: Evidence) -> bool:
    """Whether its run has long stopped learning, and it still guesses: then it is no beginning."""
    course, answered = evidence.course, evidence.answered
    if course is None or answered is None:
        return False
    return course.learns_nothing and answered.guesses()


def _is_sure(evidence: Evidence) -> bool:
    answered = evidence.answered
    return answered is not None and answered.sureness >= THRESHOLDS["confidence"].value
