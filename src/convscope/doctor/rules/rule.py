"""What a rule is given, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from convscope.doctor.evidence import Evidence
from convscope.doctor.thresholds import THRESHOLDS
from convscope.results.finding import Certainty
from convscope.results.health import LayerState, State


@dataclass(frozen=True)
class Verdict:
    """The state of a network, and the number that decided."""

    state: State
    certainty: Certainty
    why: str
    """The numbers, in words."""
    layers: tuple[LayerState, ...]
    then: str = ""
    """What follows from it here; empty where the state says it all."""


Rule = Callable[[Evidence, Sequence[LayerState]], Verdict | None]
"""A verdict where it holds, else None."""


def judgeable(states: Sequence[LayerState]) -> list[LayerState]:
    """The states of those layers whose weights tell something."""
    return [state for state in states if state != "unknown"]


def is_fitted(evidence: Evidence) -> bool | None:
    """Whether it is right on most of what it was trained on; None where that is not known.

    Where only its answers to these images are known, being sure of them stands for it.
    """
    if evidence.fit is not None:
        return evidence.fit.trained >= THRESHOLDS["fitted"].value
    if evidence.answered is None:
        return None
    return evidence.answered.sureness >= THRESHOLDS["confidence"].value


def knows(evidence: Evidence) -> bool:
    """Whether it answers better than guessing, which no untrained network does.

    After few steps weights have moved too little to be told from their start, and yet know much; so
    do those of a wide network that has learnt a few images by heart.
    """
    answered, fit = evidence.answered, evidence.fit
    by_heart = fit is not None and fit.gap > THRESHOLDS["gap"].value and fit.is_certain
    return by_heart or (answered is not None and answered.knows())
