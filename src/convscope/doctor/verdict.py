"""From evidence to a verdict: one state of the whole network, how sure, and why.

The rules, in this order; the first that holds gives the state. Each is one number against one
threshold of `THRESHOLDS`, and what it says is shown with both.

1. *broken*: weights that are no numbers.
2. *untrained*: most layers' weights are no different from a shuffle of them, and its answers (where
   known) are guesses.
3. *dead*: a layer has lost more of its channels than it can learn without.
4. *overfitted*: on images it was not trained on the network is much surer than it is right.
5. *early*: most layers' patterns are faint, and the answers (where known) are not sure either.
6. *trained*: else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from convscope.doctor.evidence import Evidence, by_images, certainty, weaker
from convscope.doctor.layer_state import layer_states
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.finding import Certainty
from convscope.results.health import LayerState, State

CLEAR = {"dead": 0.2, "noise_layers": 0.3, "gap": 0.1, "faint": 0.3}
"""How far beyond its threshold a number is sure; the calibration's were, save a few faint ones."""
FEWEST = 20
"""Images; fewer say nothing of how much of a layer is dead."""


@dataclass(frozen=True)
class Verdict:
    """The state of a network, and the number that decided."""

    state: State
    certainty: Certainty
    why: str
    """The numbers, in words."""
    layers: tuple[LayerState, ...]


def verdict(evidence: Evidence) -> Verdict:
    """Judge a network."""
    states = layer_states(evidence)
    for rule in _RULES:
        found = rule(evidence, states)
        if found is not None:
            return found
    return _trained(evidence, states)


Rule = Callable[[Evidence, Sequence[LayerState]], "Verdict | None"]


def _broken(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    answered = evidence.answered
    if evidence.broken:
        count, first = len(evidence.broken), evidence.broken[0]
        more = f" and {count - 1} more tensors" if count > 1 else ""
        why = f"{first}{more} hold values that are no numbers."
    elif answered is not None and not answered.is_finite:
        why = "Its answers are no numbers."
    else:
        return None
    return Verdict("broken", "sure", why, tuple(states))


def _dead(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    shares = evidence.share("dead")
    worst, limit = int(shares.argmax()), THRESHOLDS["dead"].value
    if shares[worst] < limit or evidence.images < FEWEST:
        return None
    why = (
        f"{percent(shares[worst])} of {evidence.layers[worst]} never fire on {evidence.images:,} "
        f"images (threshold {percent(limit)})."
    )
    how = certainty(float(shares[worst]), limit, CLEAR["dead"])
    return Verdict("dead", weaker(how, by_images(evidence)), why, tuple(states))


def _untrained(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    told = [state for state in states if state != "unknown"]
    if not told:
        return _guesses(evidence, states)
    share, limit = told.count("noise") / len(told), THRESHOLDS["noise_layers"].value
    if share < limit or _knows(evidence):
        return None
    why = (
        f"{told.count('noise')} of {len(told)} layers' weights are no different from the same "
        f"weights in a random order{_guessing(evidence)}."
    )
    return Verdict("untrained", certainty(share, limit, CLEAR["noise_layers"]), why, tuple(states))


def _guesses(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    """Where no layer's weights tell anything, and the answers are known and no better than luck."""
    if evidence.answered is None or _knows(evidence):
        return None
    right = percent(evidence.answered.accuracy, 1)
    why = f"No layer can be judged by its weights, and it is right on {right}, which is guessing."
    return Verdict("untrained", "weak", why, tuple(states))


def _knows(evidence: Evidence) -> bool:
    """Whether it answers better than guessing, which no untrained network does.

    After few steps weights have moved too little to be told from their start, and yet know much; so
    do those of a wide network that has learnt a few images by heart.
    """
    answered, fit = evidence.answered, evidence.fit
    by_heart = fit is not None and fit.trained > fit.held_out + THRESHOLDS["gap"].value
    return by_heart or (answered is not None and answered.knows())


def _guessing(evidence: Evidence) -> str:
    if evidence.answered is None or _knows(evidence):
        return ""
    return f", and it is right on {percent(evidence.answered.accuracy, 1)}, which is guessing"


def _overfitted(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    gap, why = overfit_gap(evidence)
    if gap is None or not _knows(evidence):  # guesses on trained weights: the labels do not fit
        return None
    limit = THRESHOLDS["surer" if evidence.fit is None else "gap"].value
    if gap < limit:
        return None
    how = certainty(gap, limit, CLEAR["gap"])
    how = how if evidence.fit is not None else weaker(how, "likely")
    return Verdict("overfitted", how, why, tuple(states))


def overfit_gap(evidence: Evidence) -> tuple[float | None, str]:
    """By how much it is better on what it was trained on, or surer than right; and that in words.

    The first where both accuracies are known; else the second, which takes images that the network
    was not trained on, and also shows where these are of another kind.
    """
    if evidence.fit is not None:
        fit = evidence.fit
        said = f"Right on {percent(fit.trained)} of what it was trained on and"
        others = f"{percent(fit.held_out)} of other images ({fit.source})."
        return fit.trained - fit.held_out, f"{said} {others}"
    if evidence.answered is None:
        return None, ""
    answered = evidence.answered
    said = f"{percent(answered.confidence)} sure on average, and right on"
    right = f"{percent(answered.accuracy)} of {answered.images:,} images."
    return answered.confidence - answered.accuracy, f"{said} {right}"


def _early(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    told = [state for state in states if state != "unknown"]
    faint = sum(state in ("begun", "noise") for state in told)
    limit = THRESHOLDS["faint"].value
    if not told or faint / len(told) < limit or _is_sure(evidence):
        return None
    answered = evidence.answered
    unsure = f", and it is {percent(answered.confidence)} sure on average" if answered else ""
    why = f"In {faint} of {len(told)} layers training has left only faint patterns{unsure}."
    how = certainty(faint / len(told), limit, CLEAR["faint"])
    return Verdict("early", how if answered else "weak", why, tuple(states))


def _is_sure(evidence: Evidence) -> bool:
    answered = evidence.answered
    return answered is not None and answered.sureness >= THRESHOLDS["confidence"].value


def _trained(evidence: Evidence, states: Sequence[LayerState]) -> Verdict:
    told = [state for state in states if state != "unknown"]
    why = " ".join([_standing(told), _answering(evidence)]).strip()
    return Verdict("trained", _how_trained(evidence, told), why, tuple(states))


def _standing(told: Sequence[LayerState]) -> str:
    if not told:
        return "No layer can be judged by its weights."
    strong = sum(state == "trained" for state in told)
    return f"{strong} of {len(told)} layers have patterns that stand out of a shuffle."


def _answering(evidence: Evidence) -> str:
    answered = evidence.answered
    if answered is None:
        return ""
    if not _knows(evidence) and evidence.fit is not None:
        return (
            f"Yet it is right on {percent(answered.accuracy, 1)} of the images, which is guessing, "
            f"and on {percent(evidence.fit.trained, 1)} of what it was trained on: training has "
            "gone wrong, or has only begun."
        )
    if not _knows(evidence):
        return (
            f"Yet it is right on {percent(answered.accuracy, 1)} of the images, which is guessing: "
            "are the labels in the network's order (--classes)?"
        )
    return f"It is right on {percent(answered.accuracy)} of the images."


def _how_trained(evidence: Evidence, told: Sequence[LayerState]) -> Certainty:
    if evidence.answered is None or not told or not _knows(evidence):
        return "weak"
    faint, limit = sum(state != "trained" for state in told) / len(told), THRESHOLDS["faint"].value
    how = certainty(faint, limit, CLEAR["faint"])
    return how if faint < limit else weaker(how, "likely")  # its answers alone speak for it


_RULES: tuple[Rule, ...] = (_broken, _untrained, _dead, _overfitted, _early)
