"""Which change of the training the evidence speaks for: each with its number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convscope.doctor.evidence import Evidence, are_few
from convscope.doctor.more_epochs import is_wrecked, more_epochs
from convscope.doctor.rules.dead import most_dead
from convscope.doctor.rules.overfitted import overfit_gap
from convscope.doctor.rules.rule import Verdict, is_fitted, knows
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.finding import Advice, Finding


def advice(evidence: Evidence, verdict: Verdict, found: Sequence[Finding]) -> tuple[Advice, ...]:
    """Five changes, in the order a learner asks for them."""
    return (
        _data(evidence, verdict),
        more_epochs(evidence, verdict),
        _rate(evidence, verdict),
        _regularization(evidence, verdict),
        _first(evidence, found),
    )


def _data(evidence: Evidence, verdict: Verdict) -> Advice:
    what, (gap, said) = "More data", overfit_gap(evidence)
    if verdict.state == "overfitted":
        return Advice(what, "yes", said, verdict.certainty)
    if unknown := _untold(evidence, verdict):
        return Advice(what, "unknown", unknown, "weak")
    if gap is not None and gap > THRESHOLDS["surer"].value / 2:
        return Advice(what, "maybe", said, "weak")
    if not is_fitted(evidence):
        return Advice(what, "unknown", f"{said} It does not fit what it has yet.", "weak")
    return Advice(what, "no", said, "weak" if evidence.fit is None else "likely")


def _untold(evidence: Evidence, verdict: Verdict) -> str:
    """Why the answers do not tell how much data it takes; empty where they do."""
    if evidence.answered is None:
        return "Without labelled images it cannot be told whether its answers are right."
    if verdict.state != "trained":
        return "A network that has not learnt does not tell how much data it would take."
    return "" if knows(evidence) else "Too few images have a label to tell."


def _rate(evidence: Evidence, verdict: Verdict) -> Advice:
    what, (worst, share) = "A smaller learning rate", most_dead(evidence)
    if verdict.state in ("broken", "dead") or is_wrecked(evidence, verdict):
        return Advice(what, "yes", verdict.why, verdict.certainty)
    if verdict.state == "untrained":
        return Advice(what, "unknown", "Its weights tell nothing of the rate yet.", "weak")
    if are_few(evidence.images):
        said = f"{evidence.images} images are too few to say which channels are dead."
        return Advice(what, "unknown", said, "weak")
    if share >= THRESHOLDS["dead"].value / 3:
        return Advice(what, "maybe", f"{percent(share)} of {worst} never fire.", "weak")
    said = f"At most {percent(share, 1)} of any layer never fire." if share else (
        "No channel is dead."
    )  # fmt: skip
    return Advice(what, "no", said, "likely")


def _regularization(evidence: Evidence, verdict: Verdict) -> Advice:
    what, (gap, said) = "More regularization", overfit_gap(evidence)
    if verdict.state == "overfitted":
        return Advice(what, "yes", said, verdict.certainty)
    if verdict.state in ("untrained", "early", "guessing", "broken", "dead"):
        return Advice(what, "unknown", "It shows only once a network has learnt.", "weak")
    if gap is None:
        return Advice(what, "unknown", _untold(evidence, verdict), "weak")
    if gap > THRESHOLDS["surer"].value / 2:
        return Advice(what, "maybe", said, "weak")
    return Advice(what, "no", said, "weak" if evidence.fit is None else "likely")


def _first(evidence: Evidence, found: Sequence[Finding]) -> Advice:
    what, first = "A smaller first kernel or stride", evidence.first
    if first is None or first.layer not in evidence.layers:
        return Advice(what, "unknown", "No convolution reads the image itself.", "weak")
    aliased = next((one for one in found if one.kind == "alias"), None)
    if aliased is not None:
        return Advice(what, "yes", aliased.evidence, aliased.certainty)
    share = float(evidence.values["alias"][evidence.layers.index(first.layer)])
    if np.isnan(share):
        return Advice(what, "unknown", "Its filters could not be measured.", "weak")
    if first.stride == 1:
        return Advice(what, "no", "A stride of 1 folds nothing.", "sure")
    said = (
        f"{percent(share)} of what its filters pass is finer than a stride of {first.stride} holds."
    )
    is_near = share > THRESHOLDS["alias"].value / 2
    return Advice(what, "maybe" if is_near else "no", said, "weak" if is_near else "likely")
