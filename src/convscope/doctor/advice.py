"""Which change of the training the evidence speaks for: each with its number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convscope.doctor.evidence import Evidence
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.verdict import Verdict, overfit_gap
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
    if gap[0] is None or verdict.state in ("untrained", "broken"):
        return Advice(what, "unknown", _no_answers(evidence, verdict), "weak")
    if verdict.state == "overfitted":
        return Advice(what, "yes", gap[1], verdict.certainty)
    if gap[0] > THRESHOLDS["surer"].value / 2:
        return Advice(what, "maybe", gap[1], "weak")
    return Advice(what, "no", gap[1], "weak" if evidence.fit is None else "likely")


def _no_answers(evidence: Evidence, verdict: Verdict) -> str:
    if verdict.state in ("untrained", "broken"):
        return "A network that has not learnt does not tell how much data it would take."
    if evidence.answered is None:
        return "Without labelled images it cannot be told whether its answers are right."
    return "The answers do not tell."


def _epochs(evidence: Evidence, verdict: Verdict) -> Advice:
    what = "More epochs"
    if verdict.state in ("untrained", "early"):
        return Advice(what, "yes", verdict.why, verdict.certainty)
    if verdict.state in ("broken", "dead"):
        return Advice(
            what, "no", "It would go on as it is: mend the learning rate first.", "likely"
        )
    if verdict.state == "overfitted":
        return Advice(what, "no", "It would learn the same by heart.", verdict.certainty)
    if set(verdict.layers) <= {"unknown"}:
        return Advice(what, "unknown", "No layer can be judged by its weights.", "weak")
    faint = [
        name
        for name, state in zip(evidence.layers, verdict.layers, strict=True)
        if state in ("begun", "noise")
    ]
    if faint:
        said = f"Only faint patterns in {_listed(faint)}."
        return Advice(what, "maybe", said, "weak")
    return Advice(what, "no", "Every layer that can be judged has clear patterns.",
                  verdict.certainty)  # fmt: skip


def _listed(names: Sequence[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _rate(evidence: Evidence, verdict: Verdict) -> Advice:
    what = "A smaller learning rate"
    if verdict.state in ("broken", "dead"):
        return Advice(what, "yes", verdict.why, verdict.certainty)
    if verdict.state == "untrained":
        return Advice(what, "unknown", "Its weights tell nothing of the rate yet.", "weak")
    shares = evidence.share("dead")
    worst = int(np.argmax(shares))
    if shares[worst] >= THRESHOLDS["dead"].value / 3:
        said = f"{percent(shares[worst])} of {evidence.layers[worst]} never fire."
        return Advice(what, "maybe", said, "weak")
    said = f"At most {percent(shares[worst], 1)} of any layer never fire." if shares[worst] else (
        "No channel is dead."
    )  # fmt: skip
    return Advice(what, "no", said, "likely")


def _regularization(evidence: Evidence, verdict: Verdict) -> Advice:
    what, (gap, said) = "More regularization", overfit_gap(evidence)
    if verdict.state == "overfitted":
        return Advice(what, "yes", said, verdict.certainty)
    if verdict.state in ("untrained", "early", "broken", "dead"):
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
