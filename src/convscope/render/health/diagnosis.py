"""What the doctor says of single channels, as badges and sentences beside the atlas's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isfinite

import numpy as np

from convscope.render.report.condition import Badge, Condition
from convscope.render.words import number, percent
from convscope.results.health import Health
from convscope.results.layer import Layer

Measures = Mapping[str, float]
_CLOSE = 0.98
"""A correlation from which a twin is named, where the verdict does not say its threshold."""


def diagnosed(
    conditions: Sequence[Condition], layer: Layer, health: Health | None
) -> tuple[Condition, ...]:
    """The conditions of a layer's channels with what the doctor found of each, if it was asked."""
    if health is None or layer.name not in health.layers:
        return tuple(conditions)
    found = list(conditions)
    for unit in np.flatnonzero(health.unit_layers == health.layers.index(layer.name)):
        channel = int(health.unit_channels[unit])
        if channel < len(found):
            found[channel] = _diagnosed(found[channel], health, int(unit))
    return tuple(found)


def _diagnosed(condition: Condition, health: Health, unit: int) -> Condition:
    kinds = [kind for place, kind in enumerate(health.kinds) if health.unit_kinds[place, unit]]
    new = [kind for kind in kinds if kind not in condition.kinds]
    measures = dict(zip(health.unit_measures, health.unit_values[:, unit].tolist(), strict=True))
    badges = tuple(_badge(kind, measures, _limit(health)) for kind in new)
    said = (sentence(kind, measures, _limit(health)) for kind in new)
    return replace(condition, badges=condition.badges + badges, told=" ".join(filter(None, said)))


def _limit(health: Health) -> float:
    row = health.provenance.get("thresholds", {}).get("duplicate", {})
    return float(row.get("value", _CLOSE))


def _badge(kind: str, measures: Measures, limit: float) -> Badge:
    twin = _twin(measures, limit) if kind == "duplicate" else None
    return Badge(kind, kind if twin is None else f"twin of {twin}", twin)


def _twin(measures: Measures, limit: float) -> int | None:
    """The channel it acts like; none where only its filter is like another's."""
    twin, alike = (measures.get(name, np.nan) for name in ("twin", "twin_correlation"))
    return int(twin) if twin >= 0 and alike >= limit else None


def sentence(kind: str, measures: Measures, limit: float = _CLOSE) -> str:
    """What one kind means for a channel, with its number; empty where the number is not known.

    >>> sentence("dominant", {"dominance": 4.21})
    'Its filter is 4.21 times as large as the median of the layer.'
    """
    if kind == "duplicate":
        return _alike(measures, limit)
    said = _SAID.get(kind)
    if said is None or not isfinite(measures.get(said[0], np.nan)):
        return ""
    return said[1](measures[said[0]])


def _alike(measures: Measures, limit: float) -> str:
    twin = _twin(measures, limit)
    if twin is not None:
        alike = number(round(measures["twin_correlation"], 3))
        return f"It does nearly what channel {twin} does (correlation {alike} over these images)."
    cosine = measures.get("cosine", np.nan)
    if not isfinite(cosine):
        return ""
    return f"Its filter is nearly that of another channel (cosine {number(round(cosine, 3))})."


_SAID: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "always on": ("fired_cells", lambda share: f"It is above zero on {_cells(share)}."),
    "saturated": ("saturated", lambda share: f"It is at its bound on {_cells(share)}."),
    "dominant": (
        "dominance",
        lambda times: f"Its filter is {number(times)} times as large as the median of the layer.",
    ),
    "collapsed": (
        "gain",
        lambda share: f"BatchNorm scales it by {percent(share)} of the median of its layer.",
    ),
}
"""By kind: the measure that decided, and what it says."""


def _cells(share: float) -> str:
    """A share of cells that never rounds up to all of them.

    >>> _cells(0.99996), _cells(1.0), _cells(0.71)
    ('more than 99.9 % of its cells', 'all of its cells', '71 % of its cells')
    """
    if share >= 1:
        return "all of its cells"
    return f"{'more than 99.9 %' if share > 0.999 else percent(share)} of its cells"
