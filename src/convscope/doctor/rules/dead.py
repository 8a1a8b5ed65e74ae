"""Dead: a layer has lost more of its channels than it can learn without."""

from __future__ import annotations

from collections.abc import Sequence

from convscope.doctor.evidence import Evidence, are_few, by_images, certainty, weaker
from convscope.doctor.rules.rule import Verdict
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.health import LayerState

CLEAR = 0.2
"""Share of a layer beyond the threshold that is sure, as all of the calibration's were."""


def dead(evidence: Evidence, states: Sequence[LayerState]) -> Verdict | None:
    """Whether the layer that has lost most has lost too much."""
    (worst, share), limit = most_dead(evidence), THRESHOLDS["dead"].value
    if share < limit or are_few(evidence.images):
        return None
    why = (
        f"{percent(share)} of {worst} never fire on {evidence.images:,} images (threshold "
        f"{percent(limit)})."
    )
    how = weaker(certainty(share, limit, CLEAR), by_images(evidence))
    return Verdict("dead", how, why, tuple(states))


def most_dead(evidence: Evidence) -> tuple[str, float]:
    """The layer that has lost the largest share of its channels, and that share."""
    shares = evidence.share("dead")
    worst = int(shares.argmax())
    return evidence.layers[worst], float(shares[worst])
