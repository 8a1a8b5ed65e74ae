"""What is the matter with single layers and channels: each with its evidence and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from convscope.doctor.bound import at_most
from convscope.doctor.evidence import Evidence, by_images, certainty
from convscope.doctor.layer_state import order_of
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.finding import Certainty, Finding
from convscope.results.health import LayerState


def findings(evidence: Evidence, states: Sequence[LayerState]) -> tuple[Finding, ...]:
    """Everything worth saying: by kind, the gravest first, then by how many channels."""
    found = [*_channels(evidence), *_layers(evidence, states), *_first(evidence)]
    order = {kind: place for place, kind in enumerate(ORDER)}
    return tuple(sorted(found, key=lambda one: (order[one.kind], -len(one.channels))))


ORDER = (
    "non-finite", "dead", "saturated", "collapsed", "noise", "alias", "duplicate", "dominant",
    "constant", "always on", "rare",
)  # fmt: skip
"""Kinds of findings in the order in which they are shown; `--fail-on` takes them too."""


@dataclass(frozen=True)
class _Kind:
    """How channels of one kind are spoken of."""

    kind: str
    verb: str
    """In the plural: 1 of 96 channels never fire."""
    remedy: str
    threshold: str = ""
    evidence: Callable[[Evidence], str] = lambda evidence: ""
    sure: Callable[[Evidence], Certainty] = lambda evidence: "sure"


def _silence(evidence: Evidence) -> str:
    bound = at_most(evidence.images)
    return (
        f"Silent on all {evidence.images:,} images, so with 95 % confidence it fires on fewer than "
        f"{percent(max(bound, 1e-4), 2)} of images like these"
    )


def _limit(name: str, says: str) -> Callable[[Evidence], str]:
    row = THRESHOLDS[name]
    limit = percent(row.value, 1) if row.unit == "share" else f"{row.value:g}"
    return lambda evidence: f"{says} {limit}"


_KINDS = (
    _Kind(
        "non-finite",
        "give values that are no numbers",
        "Training has diverged, or an input is far out of range: look at the images, then go "
        "back to the last good checkpoint.",
        evidence=lambda evidence: "NaN or infinite in some cells",
    ),
    _Kind(
        "dead",
        "never fire",
        "Silent from the start, or killed by too high a learning rate: where there are many, lower "
        "it or warm it up. What stays silent on many more images can be cut.",
        evidence=_silence, sure=by_images,
    ),
    _Kind(
        "constant",
        "have one value on every image",
        "Its weights are (nearly) zero and its bias answers: it can be folded into the next "
        "layer's bias.",
        evidence=lambda evidence: f"The same value in every cell of {evidence.images:,} images",
        sure=by_images,
    ),
    _Kind(
        "rare",
        "fire on very few images",
        "Not dead: look at what it fires on. More images tell whether it is a rare feature or "
        "a dying filter.",
        "rare", _limit("rare", "Each fires on less of the images than"), by_images,
    ),
    _Kind(
        "always on",
        "fire nearly everywhere",
        "It passes its input on nearly linearly; if many do, the layer adds little.",
        "always", _limit("always", "Each is above 0 on more of its cells than"), by_images,
    ),
    _Kind(
        "saturated",
        "sit at the bound of their activation",
        "Its gradient is zero there: lower the learning rate, normalize before it, or take an "
        "unbounded activation.",
        "saturated", _limit("saturated", "Each is at the bound on more of its cells than"),
    ),
    _Kind(
        "duplicate",
        "say the same as another channel",
        "The layer is wider than it needs to be, or started too alike: fewer channels would "
        "do, or another initialization.",
        "duplicate",
        _limit("duplicate", "Correlation with another channel, or cosine of filters, above"),
    ),
    _Kind(
        "dominant",
        "outweigh their layer",
        "Rescale filters to a largest RMS after each step (convscope train --radius), or "
        "more weight decay.",
        "dominant", _limit("dominant", "Root mean square over the layer's median, above"),
    ),
    _Kind(
        "collapsed",
        "are switched off by their BatchNorm",
        "Training has driven its gain to zero: it can be cut; less weight decay on gains keeps "
        "it.",
        "collapsed",
        _limit("collapsed", "Gain over that of the layer's strongest tenth, below"),
    ),
)  # fmt: skip


def _channels(evidence: Evidence) -> Iterator[Finding]:
    for words in _KINDS:
        if words.kind not in evidence.kinds:
            continue
        for layer in range(len(evidence.layers)):
            some = evidence.of_kind(words.kind, layer)
            if some:
                yield _about(evidence, words, layer, some)


def _about(evidence: Evidence, words: _Kind, layer: int, some: tuple[int, ...]) -> Finding:
    name, of = evidence.layers[layer], int(evidence.channels[layer])
    sure, share = words.sure(evidence), len(some) / of
    return Finding(
        kind=words.kind,
        says=f"{len(some):,} of {of:,} channels of {name} {words.verb}.",
        evidence=f"{words.evidence(evidence)}. That is {percent(share, 1)} of the layer.",
        remedy=_too_few(evidence) if sure == "weak" else words.remedy,
        certainty=sure,
        layer=name,
        channels=some,
        measure=words.threshold or words.kind,
        value=share,
        threshold=THRESHOLDS[words.threshold].value if words.threshold else None,
    )


def _too_few(evidence: Evidence) -> str:
    return f"Look at more images first: {evidence.images} are too few to act on."


def _layers(evidence: Evidence, states: Sequence[LayerState]) -> Iterator[Finding]:
    for layer, state in enumerate(states):
        if state == "noise":
            yield _noise(evidence, layer)


def _noise(evidence: Evidence, layer: int) -> Finding:
    z, limit = order_of(evidence, layer), THRESHOLDS["structure_z"].value
    count = int(evidence.weights[layer])
    return Finding(
        kind="noise",
        says=f"The weights of {evidence.layers[layer]} still look like noise.",
        evidence=(
            f"In singular values and in how energy is spread, its {count:,} weights differ from "
            f"the same weights in a random order by at most {z:.1f} standard deviations; a pattern "
            f"differs by {limit:g} or more."
        ),
        remedy="Train on: more epochs. If they were trained, check that the weights were loaded.",
        certainty=certainty(z, limit, limit / 2),
        layer=evidence.layers[layer],
        measure="structure_z",
        value=z,
        threshold=limit,
    )


def _first(evidence: Evidence) -> Iterator[Finding]:
    if evidence.first is None or evidence.first.layer not in evidence.layers:
        return
    layer = evidence.layers.index(evidence.first.layer)
    share, limit = float(evidence.values["alias"][layer]), THRESHOLDS["alias"].value
    if np.isnan(share) or share < limit:
        return
    first = evidence.first
    yield Finding(
        kind="alias",
        says=f"{first.layer} folds fine detail onto coarse patterns that are not there.",
        evidence=(
            f"In the median filter {percent(share)} of what it passes of a photograph is finer "
            f"than a stride of {first.stride} px can hold (threshold {percent(limit)})."
        ),
        remedy=f"A smaller first stride than {first.stride}, as Zeiler & Fergus did (4 to 2).",
        certainty=certainty(share, limit, 0.15),
        layer=first.layer,
        measure="alias",
        value=share,
        threshold=limit,
    )
