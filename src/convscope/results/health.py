"""What the doctor says of a network: a verdict, findings with evidence, and the numbers of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from convscope.results.finding import Advice, Certainty, Finding
from convscope.results.result import Result

State = Literal["trained", "early", "untrained", "dead", "overfitted", "guessing", "broken"]
STATES: tuple[State, ...] = get_args(State)
"""``early``: training has begun and is not done; ``dead``: too much of it is silent to learn;
``overfitted``: better on what it was trained on than on others, or surer than right; ``guessing``:
its weights are no start and its answers no better than luck; ``broken``: weights or all answers are
no numbers."""
FLOORS = ("initialized", "shuffled")
"""The same network at its start, and with the weights of each tensor in a random order."""
LayerState = Literal["trained", "begun", "noise", "unknown"]
"""``noise``: its weights show no more structure than a shuffle of them; ``begun``: more, but
little; ``unknown``: it has no weights of its own, or too few to tell."""


@dataclass(frozen=True)
class Health(Result):
    """The verdict on a network, seen through a set of images."""

    captioned = "health"

    state: State
    certainty: Certainty
    headline: str
    """The verdict in a sentence or two of plain language."""
    found: tuple[dict[str, Any], ...]
    """`Finding` as plain values, the gravest first; see ``findings``."""
    advised: tuple[dict[str, Any], ...]
    """`Advice` as plain values; see ``advice``."""
    layers: tuple[str, ...]
    """Names, in execution order; the columns of the layers' numbers."""
    layer_states: tuple[str, ...]
    """`LayerState` of each."""
    layer_measures: tuple[str, ...]
    """Names of the rows of ``layer_values``: what a layer does over the images, and what its
    weights look like."""
    layer_values: NDArray[np.float64]
    """(measures, layers); NaN where a measure does not apply."""
    layer_floors: NDArray[np.float64]
    """(2, measures, layers): the same of the two `FLOORS`; NaN where not taken."""
    unit_layers: NDArray[np.int32]
    """(units,) index into ``layers`` of each channel of each layer."""
    unit_channels: NDArray[np.int32]
    """(units,) channel."""
    unit_kinds: NDArray[np.bool_]
    """(kinds, units): which of ``kinds`` each is; none of them: healthy."""
    kinds: tuple[str, ...]
    """dead, rare, always on, saturated, duplicate, dominant, collapsed, ..."""
    unit_measures: tuple[str, ...]
    """Names of the rows of ``unit_values``."""
    unit_values: NDArray[np.float64]
    """(measures, units)."""
    answers: dict[str, float]
    """accuracy, confidence, chance and images, where labels and scores are known; trained_on and
    held_out, where what it was trained on is; else empty."""
    images: int
    """How many images were looked at."""
    note: str
    """What must be said with it; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, thresholds, floors, weights hash, images, versions."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, the gravest first."""
        return tuple(Finding(**_with_tuple(one)) for one in self.found)

    @property
    def advice(self) -> tuple[Advice, ...]:
        """Of each change of the training, whether it is indicated."""
        return tuple(Advice(**one) for one in self.advised)

    def layer(self, measure: str) -> NDArray[np.float64]:
        """(layers,) one measure."""
        found: NDArray[np.float64] = self.layer_values[self.layer_measures.index(measure)]
        return found

    def channels(self, kind: str) -> dict[str, tuple[int, ...]]:
        """The channels of a kind, by layer; layers without any are left out."""
        units = np.flatnonzero(self.unit_kinds[self.kinds.index(kind)])
        found: dict[str, list[int]] = {}
        for unit in units:
            name = self.layers[int(self.unit_layers[unit])]
            found.setdefault(name, []).append(int(self.unit_channels[unit]))
        return {name: tuple(some) for name, some in found.items()}


def _with_tuple(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "channels": tuple(values["channels"])}
