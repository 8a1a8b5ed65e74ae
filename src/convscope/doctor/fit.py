"""How well a network knows the images it was trained on, beside others."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.doctor.answers import Answered, answers_of
from convscope.doctor.course import course_of
from convscope.doctor.evidence import Evidence, Fit
from convscope.doctor.sampled import sampled_atlas
from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.net.net import Net

ENOUGH = 256
"""Images; their accuracy is known to about 3 points."""


def fit_of(
    net: Net, evidence: Evidence, trained_on: str | Path | None, stack: ExitStack
) -> Fit | None:
    """Answer images it was trained on, where they are given; else what its training recorded.

    Raises:
        UsageError: their labels, or those of the others, are no classes of the network.
    """
    if trained_on is None:
        return recorded(net, evidence)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    found = answers_of(sampled_atlas(net, trained_on, ENOUGH, folder))
    if found is None or evidence.answered is None:
        raise UsageError(
            f"Overfitting shows in answers, and {'these images' if found else trained_on} have no "
            "labels that are classes of the network. Give labelled images, and names of the "
            "classes (--classes), or leave --trained-on away."
        )
    return Fit(
        found.accuracy,
        evidence.answered.accuracy,
        f"{found.images} of {Path(trained_on).name}",
        images=min(found.images, evidence.answered.images),
        knew=found.knows(),
    )


def recorded(net: Net, evidence: Evidence) -> Fit | None:
    """Both accuracies at the epoch of a checkpoint, from the history of the run it lies in.

    Overfitting is understated: see `Course`.
    """
    found, answered = course_of(net.weights), evidence.answered
    if found is None:
        return None
    classes = answered.classes if answered else len(net.labels or ()) or 2
    own = Answered(found.trained[1], 0.0, classes, found.images)
    source = f"its training at epoch {found.epoch}"
    both = found.trained[1], found.held_out
    return Fit(*both, source, found, found.held_out_images, own.knows())
