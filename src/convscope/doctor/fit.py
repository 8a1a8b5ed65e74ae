"""How well a network knows the images it was trained on, beside others."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.doctor.evidence import Answered, Evidence, Fit
from convscope.doctor.sampled import sampled_atlas
from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.net.net import Net

ENOUGH = 256
"""Images; their accuracy is known to about 3 points."""


def fit_of(
    net: Net, evidence: Evidence, trained_on: str | Path | None, stack: ExitStack
) -> Fit | None:
    """Answer images it was trained on, where they are given.

    Raises:
        UsageError: their labels, or those of the others, are no classes of the network.
    """
    if trained_on is None:
        return None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    found = answered(sampled_atlas(net, trained_on, ENOUGH, folder))
    if found is None or evidence.answered is None:
        raise UsageError(
            f"Overfitting shows in answers, and {'these images' if found else trained_on} have no "
            "labels that are classes of the network. Give labelled images, and names of the "
            "classes (--classes), or leave --trained-on away."
        )
    return Fit(
        found.accuracy, evidence.answered.accuracy, f"{found.images} of {Path(trained_on).name}"
    )


def answered(atlas: Atlas) -> Answered | None:
    """How the network answers on an atlas's labelled images; None where that is not known."""
    found = atlas.answers()
    if found is None:
        return None
    known = found.label_class >= 0
    classes = len(atlas.manifest.get("classes") or ())
    if not known.any() or classes < 2:
        return None
    right = found.guess[known] == found.label_class[known]
    sure = found.probability[known]
    return Answered(float(right.mean()), float(sure.mean()), classes, int(known.sum()))
