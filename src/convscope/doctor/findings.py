"""What is the matter with single layers and channels: each with its evidence and a remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np

from convscope.doctor.evidence import Evidence, certainty
from convscope.doctor.kinds import CHANNEL_KINDS, Kind
from convscope.doctor.layer_state import order_of
from convscope.doctor.rules.rule import Verdict
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.words import percent
from convscope.results.finding import Finding
from convscope.results.health import State


def findings(evidence: Evidence, verdict: Verdict) -> tuple[Finding, ...]:
    """Everything worth saying: by kind, the gravest first, then by how many channels."""
    found = [*_channels(evidence, verdict), *_layers(evidence, verdict), *_first(evidence)]
    order = {kind: place for place, kind in enumerate(ORDER)}
    return tuple(sorted(found, key=lambda one: (order[one.kind], -len(one.channels))))


ORDER = (
    "non-finite", "dead", "saturated", "collapsed", "noise", "alias", "duplicate", "dominant",
    "constant", "always on", "rare",
)  # fmt: skip
"""Kinds of findings in the order in which they are shown; `--fail-on` takes them too."""


def _channels(evidence: Evidence, verdict: Verdict) -> Iterator[Finding]:
    for kind in CHANNEL_KINDS:
        if kind.name not in evidence.kinds:
            continue
        for layer in range(len(evidence.layers)):
            if evidence.of_kind(kind.name, layer):
                yield _about(evidence, verdict, kind, layer)


def _about(evidence: Evidence, verdict: Verdict, kind: Kind, layer: int) -> Finding:
    some, of = evidence.of_kind(kind.name, layer), int(evidence.channels[layer])
    name, share = evidence.layers[layer], len(some) / of
    before = _before(evidence, layer) if kind.name == "dead" else ""
    return Finding(
        kind=kind.name,
        says=f"{len(some):,} of {of:,} channels of {name} ({percent(share, 1)}{before}) "
        f"{kind.verb}.",
        evidence=kind.evidence(evidence),
        remedy=_remedy(evidence, verdict, kind),
        certainty=kind.sure(evidence),
        layer=name,
        channels=some,
        measure=kind.threshold or kind.name,
        value=share,
        threshold=THRESHOLDS[kind.threshold].value if kind.threshold else None,
    )


def _before(evidence: Evidence, layer: int) -> str:
    if evidence.dead_at_start is None or not np.isfinite(evidence.dead_at_start[layer]):
        return ""
    before = float(evidence.dead_at_start[layer])
    return f"; before training {f'at most {percent(before, 1)}' if before else 'none'}"


def _remedy(evidence: Evidence, verdict: Verdict, kind: Kind) -> str:
    if kind.sure(evidence) == "weak":
        return f"Look at more images first: {evidence.images} are too few to act on."
    has_learnt = verdict.state in ("trained", "overfitted")
    return f"{kind.remedy} {kind.spare}".rstrip() if has_learnt else kind.remedy


def _layers(evidence: Evidence, verdict: Verdict) -> Iterator[Finding]:
    for layer, state in enumerate(verdict.layers):
        if state == "noise":
            yield _noise(evidence, verdict, layer)


def _noise(evidence: Evidence, verdict: Verdict, layer: int) -> Finding:
    z, limit = order_of(evidence, layer), THRESHOLDS["structure_z"].value
    return Finding(
        kind="noise",
        says=f"The weights of {evidence.layers[layer]} still look like noise.",
        evidence=(
            "In singular values and in how energy is spread, its "
            f"{int(evidence.weights[layer]):,} weights differ from the same weights in a random "
            f"order by at most {z:.1f} standard deviations; a pattern differs by {limit:g} or more."
        ),
        remedy=_LEARN.get(verdict.state, "Training has left nothing here that can be told."),
        certainty=certainty(z, limit, limit / 2),
        layer=evidence.layers[layer],
        measure="structure_z",
        value=z,
        threshold=limit,
    )


_LEARN: Mapping[State, str] = MappingProxyType(
    {
        "untrained": "See the verdict.",
        "early": "Train on.",
        "dead": "Mend the training first.",
        "guessing": "Mend the training first.",
        "broken": "Mend the training first.",
    }
)
"""What to do about a layer that has learnt nothing, by the state of the whole."""


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
