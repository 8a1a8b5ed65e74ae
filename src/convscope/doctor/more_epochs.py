"""Whether more epochs are indicated: by the course of its run, by how much it fits, by patterns.

Patterns in the weights say that training has left something, not that it has finished.
"""

from __future__ import annotations

from collections.abc import Sequence

from convscope.doctor.course import Course
from convscope.doctor.evidence import Evidence
from convscope.doctor.rules.guessing import went_wrong
from convscope.doctor.rules.rule import Verdict, is_fitted
from convscope.doctor.words import percent
from convscope.results.finding import Advice

WHAT = "More epochs"


def more_epochs(evidence: Evidence, verdict: Verdict) -> Advice:
    """The answer for each state."""
    course = evidence.course
    if course is not None and course.learns_nothing and verdict.state == "untrained":
        return Advice(WHAT, "no", verdict.then, "likely")
    if verdict.state in ("untrained", "early"):
        return Advice(WHAT, "yes", verdict.why, verdict.certainty)
    if verdict.state in ("broken", "dead") or is_wrecked(evidence, verdict):
        said = "It would go on as it is: mend the learning rate first."
        return Advice(WHAT, "no", said, "likely")
    if verdict.state == "overfitted":
        return Advice(WHAT, "no", "It would learn the same by heart.", verdict.certainty)
    if verdict.state == "guessing":
        return Advice(WHAT, "unknown", "First see whether labels and images are its own.", "weak")
    return _by_course(evidence, course) if course else _by_fit(evidence, verdict)


def is_wrecked(evidence: Evidence, verdict: Verdict) -> bool:
    """Whether its answers are guesses because training has gone wrong."""
    return verdict.state == "guessing" and bool(went_wrong(evidence))


def _by_course(evidence: Evidence, course: Course) -> Advice:
    before, now = (percent(share, 1) for share in course.trained)
    if course.still_learns:
        said = (
            f"From epoch {course.back} to {course.epoch} it still got better on what it was "
            f"trained on, from {before} to {now}."
        )
        fits = is_fitted(evidence)
        return Advice(WHAT, "maybe" if fits else "yes", said, "weak" if fits else "likely")
    said = f"Since epoch {course.back} it is no better on what it was trained on ({before}, {now})."
    if not is_fitted(evidence):
        said += " Another learning rate or a larger network may be."
    return Advice(WHAT, "no", said, "likely")


def _by_fit(evidence: Evidence, verdict: Verdict) -> Advice:
    fits, fit, answered = is_fitted(evidence), evidence.fit, evidence.answered
    if fits is False and fit is not None:
        said = f"It is right on only {percent(fit.trained)} of what it was trained on."
        return Advice(WHAT, "maybe", said, "weak")
    if fits is False and answered is not None:
        said = f"Its answers have a probability of only {percent(answered.confidence)} on average."
        return Advice(WHAT, "maybe", said, "weak")
    return _by_patterns(evidence, verdict, fits)


def _by_patterns(evidence: Evidence, verdict: Verdict, fits: bool | None) -> Advice:
    faint = [
        name
        for name, state in zip(evidence.layers, verdict.layers, strict=True)
        if state in ("begun", "noise")
    ]
    if faint:
        return Advice(WHAT, "maybe", f"Only faint patterns in {_listed(faint)}.", "weak")
    if fits is None:
        said = "Patterns in weights do not tell whether training has finished; answers would."
        return Advice(WHAT, "unknown", said, "weak")
    said = "It answers surely, and every layer that can be judged has clear patterns."
    return Advice(WHAT, "no", said, "likely")


def _listed(names: Sequence[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
