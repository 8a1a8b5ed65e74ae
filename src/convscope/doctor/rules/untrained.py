"""Untrained: most layers' weights are in a random order, and its answers are not known to be good.

Where no layer's weights tell anything, answers that are guesses say it alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from convscope.doctor.course import Course
from convscope.doctor.evidence import Evidence, certainty
from convscope.doctor.rules.dead import dead
from convscope.doctor.rules.rule import Verdict, judgeable, knows
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.health import LayerState

CLEAR = 0.3
"""Share of layers beyond the threshold that is sure, as all of the calibration's were."""


def untrained(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    """Whether training has left no trace."""
    told, was_trained = judgeable(states), evidence.course is not None
    if knows(evidence) or (was_trained and dead(evidence, states)):
        return None
    return _by_weights(evidence, states, told) if told else _by_answers(evidence, states)


def _by_weights(
    evidence: Evidence, states: Sequence[LayerState], told: Sequence[LayerState]
) -> Verdict | None:
    noise, limit = told.count("noise"), THRESHOLDS["noise_layers"].value
    if noise / len(told) < limit:
        return None
    why = (
        f"{noise} of {len(told)} layers' weights are no different from the same weights in a "
        f"random order{_guessing(evidence)}."
    )
    how = certainty(noise / len(told), limit, CLEAR)
    return Verdict("untrained", how, why, tuple(states), _then(evidence.course))


def _by_answers(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    if evidence.answered is None or not evidence.answered.guesses():
        return None
    why = f"No layer can be judged by its weights{_guessing(evidence)}."
    return Verdict("untrained", "weak", why, tuple(states), _then(evidence.course))


def _then(course: Course | None) -> str:
    if course is None:
        return "Train it; if it was, check that its weights were loaded."
    done = f"{course.epoch} epoch{'s' * (course.epoch > 1)} of its run ({course.step:,} steps)"
    if course.learns_nothing:
        first, last = course.losses
        return (
            f"{done} have not lowered its loss ({first:.3g} to {last:.3g}): look at the labels, "
            "the learning rate and the initialization."
        )
    return f"{done} were too few: train on."


def _guessing(evidence: Evidence) -> str:
    answered = evidence.answered
    if answered is None or not answered.guesses():
        return ""
    return f", and it is right on {percent(answered.accuracy, 1)}, which is guessing"
