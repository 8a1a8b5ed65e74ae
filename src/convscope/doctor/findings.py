"""What is the matter with single layers and channels: each with its evidence and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

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

    verb: str
    """In the plural: 1 of 96 channels never fire."""
    remedy: str
    threshold: str = ""
    evidence: Callable[[Evidence], str] = lambda evidence: ""
    sure: Callable[[Evidence], Certainty] = lambda evidence: "sure"


def _silence(evidence: Evidence) -> str:
    bound = at_most(evidence.images)
    return (
        f"Silent on all {evidence.images:,} images: at 95 % it fires on fewer than "
        f"{percent(bound, 2)} of images like these"
    )


def _limit(name: str, says: str) -> Callable[[Evidence], str]:
    row = THRESHOLDS[name]
    limit = percent(row.value, 1) if row.unit == "share" else f"{row.value:g}"
    return lambda evidence: f"{says} {limit}"


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "non-finite": _Kind(
            "give values that are no numbers",
            "Training has diverged, or an input is far out of range: look at the images, then go "
            "back to the last good checkpoint.",
            evidence=lambda evidence: "NaN or infinite in some cells",
        ),
        "dead": _Kind(
            "never fire",
            "Silent from the start, or killed by a learning rate that was too high: lower it or "
            "warm it up. If they stay silent on many more images they can be cut.",
            evidence=_silence, sure=by_images,
        ),
        "constant": _Kind(
            "have one value on every image",
            "Its weights are (nearly) zero and its bias answers: it can be folded into the next "
            "layer's bias.",
            evidence=lambda evidence: f"The same value in every cell of {evidence.images:,} images",
            sure=by_images,
        ),
        "rare": _Kind(
            "fire on very few images",
            "Not dead: look at what it fires on. More images tell whether it is a rare feature or "
            "a dying filter.",
            "rare", _limit("rare", "Each fires on less of the images than"), by_images,
        ),
        "always on": _Kind(
            "fire nearly everywhere",
            "It passes its input on nearly linearly; if many do, the layer adds little.",
            "always", _limit("always", "Each is above 0 on more of its cells than"), by_images,
        ),
        "saturated": _Kind(
            "sit at the bound of their activation",
            "Its gradient is zero there: lower the learning rate, normalize before it, or take an "
            "unbounded activation.",
            "saturated", _limit("saturated", "Each is at the bound on more of its cells than"),
        ),
        "duplicate": _Kind(
            "say the same as another channel",
            "The layer is wider than it needs to be, or started too alike: fewer channels would "
            "do, or another initialization.",
            "duplicate",
            _limit("duplicate", "Correlation with another channel, or cosine of filters, above"),
        ),
        "dominant": _Kind(
            "outweigh their layer",
            "Rescale filters to a largest RMS after each step (convscope train --radius), or "
            "more weight decay.",
            "dominant", _limit("dominant", "Root mean square over the layer's median, above"),
        ),
        "collapsed": _Kind(
            "are switched off by their BatchNorm",
            "Training has driven its gain to zero: it can be cut; less weight decay on gains keeps "
            "it.",
            "collapsed",
            _limit("collapsed", "Gain over that of the layer's strongest tenth, below"),
        ),
    }
)  # fmt: skip


def _channels(evidence: Evidence) -> Iterator[Finding]:
    for kind, words in _KINDS.items():
        if kind not in evidence.kinds:
            continue
        for layer, name in enumerate(evidence.layers):
            some = evidence.of_kind(kind, layer)
            if some:
                yield _about(evidence, kind, words, name, some, int(evidence.channels[layer]))


def _about(
    evidence: Evidence, kind: str, words: _Kind, layer: str, some: tuple[int, ...], of: int
) -> Finding:
    share = len(some) / of
    limit = THRESHOLDS[words.threshold].value if words.threshold else None
    return Finding(
        kind=kind,
        says=f"{len(some):,} of {of:,} channels of {layer} {words.verb}.",
        evidence=f"{words.evidence(evidence)}. That is {percent(share, 1)} of the layer.",
        remedy=words.remedy,
        certainty=words.sure(evidence),
        layer=layer,
        channels=some,
        measure=words.threshold or kind,
        value=share,
        threshold=limit,
    )


def _layers(evidence: Evidence, states: Sequence[LayerState]) -> Iterator[Finding]:
    for layer, state in enumerate(states):
        if state == "noise":
            yield _noise(evidence, layer)


def _noise(evidence: Evidence, layer: int) -> Finding:
    z, limit = order_of(evidence, layer), THRESHOLDS["structure_z"].value
    return Finding(
        kind="noise",
        says=f"The weights of {evidence.layers[layer]} still look like noise.",
        evidence=(
            f"By singular values and energies its {int(evidence.weights[layer]):,} weights are at "
            f"most {z:.1f} deviations from the same weights in a random order (threshold "
            f"{limit:g})."
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
