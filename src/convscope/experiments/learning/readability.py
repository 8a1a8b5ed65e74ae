"""What can be read in one trained network, layer by layer: every measure by its name.

A measure of one network takes its reading; one of two networks is in `convscope.experiments.
agreement`. None is a verdict: each is held to the floors of the same network before its first step
and of one that was trained on shuffled labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from convscope.experiments.learning.cka import Floats, gram
from convscope.experiments.learning.layer_reading import LayerReading
from convscope.experiments.learning.probe import probe
from convscope.experiments.learning.purity import entropy, purity
from convscope.experiments.learning.strongest import Ints, strongest
from convscope.tally.known import mean_known

Measure = Callable[[LayerReading, Ints], float]
"""Takes a layer's reading and the class of each image."""


def dead(layer: LayerReading, labels: Ints) -> float:
    """Share of channels that are above zero on no image of the probe."""
    return float(np.mean(~(layer.maxima > 0).any(axis=0)))


def firing(layer: LayerReading, labels: Ints) -> float:
    """Share of cells that fire, over all channels and images: sparsity is one less this."""
    return layer.firing


def smoothness(layer: LayerReading, labels: Ints) -> float:
    """One less the mean noise of the filters: 0 as random weights, 1 without any structure."""
    return 1 - mean_known(layer.noise)


def top_purity(layer: LayerReading, labels: Ints) -> float:
    """Mean purity of the channels that have nine strongest images."""
    return mean_known(purity(strongest(layer.maxima), labels))


def top_entropy(layer: LayerReading, labels: Ints) -> float:
    """Mean entropy in bits of the classes of the nine strongest."""
    return mean_known(entropy(strongest(layer.maxima), labels))


def probe_accuracy(layer: LayerReading, labels: Ints) -> float:
    """Accuracy of a linear probe fitted on the first half of the images, on the second half."""
    return probe(layer.means, labels, len(labels) // 2)


OF_ONE: Mapping[str, Measure] = MappingProxyType(
    {
        "dead": dead,
        "firing": firing,
        "smoothness": smoothness,
        "purity": top_purity,
        "entropy": top_entropy,
        "probe": probe_accuracy,
    }
)
"""Measures of one network, by the names that `convscope.results.learning` has."""


def readability(layer: LayerReading, labels: Ints) -> dict[str, float]:
    """Every measure of one layer of one network.

    >>> drawn = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
    >>> one = LayerReading("relu1", drawn, drawn, drawn, 0.5, np.full(3, 0.25, np.float32))
    >>> found = readability(one, np.tile([0, 1], 20))
    >>> found["dead"], found["smoothness"], sorted(found)[:2]
    (0.0, 0.75, ['dead', 'entropy'])
    """
    return {name: measure(layer, labels) for name, measure in OF_ONE.items()}


def layer_gram(layer: LayerReading) -> Floats:
    """The layer's inner products over images, for CKA."""
    return gram(layer.blocks)
