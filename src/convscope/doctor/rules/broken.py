"""Broken: weights or answers that are no numbers."""

from __future__ import annotations

from collections.abc import Sequence

from convscope.doctor.evidence import Evidence
from convscope.doctor.rules.rule import Verdict
from convscope.results.health import LayerState


def broken(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    """Whether any weight, or every answer on a labelled image, is no number."""
    why = _weights(evidence.broken) or _answers(evidence)
    return Verdict("broken", "sure", why, tuple(states)) if why else None


def _weights(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - 1} more tensors" if len(names) > 1 else ""
    return f"{names[0]}{more} hold values that are no numbers."


def _answers(evidence: Evidence) -> str:
    answered = evidence.answered
    return "" if answered is None or answered.is_finite else "Its answers are no numbers."
