"""The verdict in plain language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from convscope.doctor.rules.rule import Verdict
from convscope.results.health import State

_SAYS: Mapping[State, str] = MappingProxyType(
    {
        "trained": "This network looks trained.",
        "early": "Training has begun and is not done: train on.",
        "untrained": "This network looks untrained.",
        "dead": "Too much of this network is dead to learn well: start again with a smaller "
        "learning rate, or warm it up.",
        "overfitted": "This network has learnt its images by heart: more data or more "
        "regularization, not more epochs.",
        "guessing": "This network's answers are no better than guesses, though its weights are not "
        "random.",
        "broken": "Training has broken this network: go back to the last good checkpoint, with a "
        "smaller learning rate.",
    }
)
_SURE = MappingProxyType({"sure": "", "likely": " Likely, not certain.", "weak": " The evidence "
                          "is weak."})  # fmt: skip


def headline(verdict: Verdict) -> str:
    """State, evidence, what follows, and how sure.

    >>> headline(Verdict("trained", "weak", "5 of 5 layers have patterns.", ()))
    'This network looks trained. 5 of 5 layers have patterns. The evidence is weak.'
    """
    said = " ".join(filter(None, [_SAYS[verdict.state], verdict.why, verdict.then]))
    return f"{said}{_SURE[verdict.certainty]}"
