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
    if not told or faint / len(told) < limit or _is_sure(evidence):
        return None
    answered = evidence.answered
    unsure = f", and it is {percent(answered.confidence)} sure on average" if answered else ""
    why = f"In {faint} of {len(told)} layers training has left only faint patterns{unsure}."
    how = certainty(faint / len(told), limit, CLEAR)
    return Verdict("early", how if answered else "weak", why, tuple(states))


def _is_sure(evidence: Evidence) -> bool:
    answered = evidence.answered
    return answered is not None and answered.sureness >= THRESHOLDS["confidence"].value
