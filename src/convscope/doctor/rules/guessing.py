"""Guessing: the weights are no start, and yet the answers are no better than luck.

Either training has gone wrong, or these images or labels are not the ones it was trained for. What
tells them apart: how it does on what it was trained on, whether it gives nearly every image the
same answer, and how much of it is dead.
"""

from __future__ import annotations

from collections.abc import Sequence

from convscope.doctor.evidence import Evidence, are_few
from convscope.doctor.rules.dead import most_dead
from convscope.doctor.rules.rule import Verdict, knows
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.finding import Certainty
from convscope.results.health import LayerState


def guessing(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    """Whether there are images enough to say that it does not know."""
    answered = evidence.answered
    if answered is None or knows(evidence) or not answered.guesses():
        return None
    right = (
        f"Right on {percent(answered.accuracy, 1)} of {answered.images:,} images, where guessing "
        f"gives {percent(answered.chance, 1)}."
    )
    how, cause = _cause(evidence)
    return Verdict("guessing", how, f"{right} {cause}", tuple(states))


def went_wrong(evidence: Evidence) -> str:
    """What speaks for a training that has gone wrong, in words; empty where nothing does."""
    answered, fit, (layer, share) = evidence.answered, evidence.fit, most_dead(evidence)
    if fit is not None and fit.knew:
        return ""
    said = []
    if fit is not None:
        said.append(f"it is right on {percent(fit.trained, 1)} of what it was trained on")
    if answered is not None and answered.commonest >= THRESHOLDS["one_answer"].value:
        said.append(f"it gives {percent(answered.commonest)} of the images one answer")
    if share >= THRESHOLDS["dead"].value / 3 and not are_few(evidence.images):
        said.append(f"{percent(share)} of {layer} never fire")
    return " and ".join(filter(None, [", ".join(said[:-1]), *said[-1:]]))


def _cause(evidence: Evidence) -> tuple[Certainty, str]:
    signs, fit = went_wrong(evidence), evidence.fit
    if fit is not None and not signs:
        return "likely", (
            f"In training it was right on {percent(fit.trained)}: so these images, their labels or "
            "the order of the classes (--classes) are not those it was trained for."
        )
    if fit is not None:
        return "likely", f"{_capital(signs)}: training has gone wrong, or has hardly begun."
    if signs:
        return "weak", (
            f"{_capital(signs)}: training has gone wrong, or the images are not prepared as they "
            "were for it (--mean, --size)."
        )
    return "weak", (
        "Are the labels in the network's order (--classes), and are the images such as it was "
        "trained on?"
    )


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"
