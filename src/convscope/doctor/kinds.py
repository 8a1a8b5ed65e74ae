"""How channels of each kind are spoken of: what they do, by which number, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from convscope.doctor.bound import at_most
from convscope.doctor.evidence import Evidence, by_images
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.finding import Certainty


@dataclass(frozen=True)
class Kind:
    """Channels of one kind."""

    name: str
    verb: str
    """In the plural: 1 of 96 channels never fire."""
    evidence: Callable[[Evidence], str]
    remedy: str
    spare: str = ""
    """What more can be done about it in a network that has learnt."""
    threshold: str = ""
    """Its name in the table."""
    sure: Callable[[Evidence], Certainty] = lambda evidence: "sure"


def _silence(evidence: Evidence) -> str:
    bound = max(at_most(evidence.images), 1e-4)  # as small as its two digits say
    return (
        f"Silent on all {evidence.images:,} images, so with 95 % confidence each fires on fewer "
        f"than {percent(bound, 2)} of images like these."
    )


def _one_value(evidence: Evidence) -> str:
    return f"The same value in every cell of {evidence.images:,} images."


def _beyond(name: str, says: str) -> Callable[[Evidence], str]:
    row = THRESHOLDS[name]
    limit = percent(row.value, 1) if row.unit == "share" else f"{row.value:g}"
    return lambda evidence: f"{says} {limit}."


CHANNEL_KINDS = (
    Kind(
        "non-finite",
        "give values that are no numbers",
        lambda evidence: "NaN or infinite in some cells.",
        "Training has diverged, or an input is far out of range: look at the images, then go back "
        "to the last good checkpoint.",
    ),
    Kind(
        "dead",
        "never fire",
        _silence,
        "Silent from the start, or killed by too high a learning rate: where there are many, lower "
        "it or warm it up.",
        "What stays silent on many more images can be cut.",
        sure=by_images,
    ),
    Kind(
        "constant",
        "have one value on every image",
        _one_value,
        "Its weights are (nearly) zero and its bias answers.",
        "It can be folded into the next layer's bias.",
        sure=by_images,
    ),
    Kind(
        "rare",
        "fire on very few images",
        _beyond("rare", "Each fires on less of the images than"),
        "Not dead: look at what it fires on. More images tell whether it is a rare feature or a "
        "dying filter.",
        threshold="rare",
        sure=by_images,
    ),
    Kind(
        "always on",
        "fire nearly everywhere",
        _beyond("always", "Each is above 0 on more of its cells than"),
        "It passes its input on nearly linearly; if many do, the layer adds little.",
        threshold="always",
        sure=by_images,
    ),
    Kind(
        "saturated",
        "sit at the bound of their activation",
        _beyond("saturated", "Each is at the bound on more of its cells than"),
        "Its gradient is zero there: lower the learning rate, normalize before it, or take an "
        "unbounded activation.",
        threshold="saturated",
    ),
    Kind(
        "duplicate",
        "say the same as another channel",
        _beyond("duplicate", "Correlation with another channel, or cosine of filters, above"),
        "The layer is wider than it needs to be, or started too alike.",
        "Fewer channels would do.",
        threshold="duplicate",
    ),
    Kind(
        "dominant",
        "outweigh their layer",
        _beyond("dominant", "The filter's root mean square over the median of its layer's, above"),
        "Rescale filters to a largest RMS after each step (convscope train --radius), or more "
        "weight decay.",
        threshold="dominant",
    ),
    Kind(
        "collapsed",
        "are switched off by their BatchNorm",
        _beyond("collapsed", "Gain over that of the layer's strongest tenth, below"),
        "Training has driven its gain to zero: less weight decay on gains keeps it.",
        "It can be cut.",
        threshold="collapsed",
    ),
)
