"""Which change of the training the evidence speaks for: each with its number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convscope.doctor.evidence import Evidence
from convscope.doctor.rules.dead import most_dead
from convscope.doctor.rules.guessing import went_wrong
from convscope.doctor.rules.overfitted import overfit_gap
from convscope.doctor.rules.rule import FEWEST, Verdict, knows
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.finding import Advice, Finding


def advice(evidence: Evidence, verdict: Verdict, found: Sequence[Finding]) -> tuple[Advice, ...]:
    """Five changes, in the order a learner asks for them."""
    return (
        _data(evidence, verdict),
        _epochs(evidence, verdict),
        _rate(evidence, verdict),
        _regularization(evidence, verdict),
        _first(evidence, found),
    )


def _data(evidence: Evidence, verdict: Verdict) -> Advice:
    what, gap = "More data", overfit_gap(evidence)
    if gap[0] is None or not knows(evidence):
        return Advice(what, "unknown", _no_answers(evidence, verdict), "weak")
    if verdict.state == "overfitted":
        return Advice(what, "yes", gap[1], verdict.certainty)
    if gap[0] > THRESHOLDS["surer"].value / 2:
        return Advice(what, "maybe", gap[1], "weak")
    return Advice(what, "no", gap[1], "weak" if evidence.fit is None else "likely")


def _no_answers(evidence: Evidence, verdict: Verdict) -> str:
    answered = evidence.answered
    if verdict.state in ("untrained", "broken") or (answered and answered.guesses()):
        return "A network that has not learnt does not tell how much data it would take."
    if answered is None:
        return "Without labelled images it cannot be told whether its answers are right."
    return "Too few images have a label to tell."


def _epochs(evidence: Evidence, verdict: Verdict) -> Advice:
    what = "More epochs"
    if verdict.state in ("untrained", "early"):
        return Advice(what, "yes", verdict.why, verdict.certainty)
    if verdict.state in ("broken", "dead") or _is_wrecked(evidence, verdict):
        said = "It would go on as it is: mend the learning rate first."
        return Advice(what, "no", said, "likely")
    if verdict.state == "overfitted":
        return Advice(what, "no", "It would learn the same by heart.", verdict.certainty)
    if verdict.state == "guessing":
        return Advice(what, "unknown", "First see whether labels and images are its own.", "weak")
    return _by_patterns(evidence, verdict)


def _by_patterns(evidence: Evidence, verdict: Verdict) -> Advice:
    """Whether more epochs are indicated by layers whose patterns are faint."""
    what = "More epochs"
    if set(verdict.layers) <= {"unknown"}:
        return Advice(what, "unknown", "No layer can be judged by its weights.", "weak")
    faint = [
        name
        for name, state in zip(evidence.layers, verdict.layers, strict=True)
        if state in ("begun", "noise")
    ]
    if faint:
        return Advice(what, "maybe", f"Only faint patterns in {_listed(faint)}.", "weak")
    said = "Every layer that can be judged has clear patterns."
    return Advice(what, "no", said, verdict.certainty)


def _is_wrecked(evidence: Evidence, verdict: Verdict) -> bool:
    """Whether its answers are guesses because training has gone wrong."""
    return verdict.state == "guessing" and bool(went_wrong(evidence))


def _listed(names: Sequence[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _rate(evidence: Evidence, verdict: Verdict) -> Advice:
    what, (worst, share) = "A smaller learning rate", most_dead(evidence)
    if verdict.state in ("broken", "dead") or _is_wrecked(evidence, verdict):
        return Advice(what, "yes", verdict.why, verdict.certainty)
    if verdict.state == "untrained":
        return Advice(what, "unknown", "Its weights tell nothing of the rate yet.", "weak")
    if evidence.images < FEWEST:
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
        return Advice(what, "unknown", _no_answers(evidence, verdict), "weak")
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
    said = (
        f"{percent(share)} of what its filters pass is finer than a stride of {first.stride} holds."
    )
    is_near = share > THRESHOLDS["alias"].value / 2
    return Advice(what, "maybe" if is_near else "no", said, "weak" if is_near else "likely")
