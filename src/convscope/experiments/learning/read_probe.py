"""One walk over the probe's images through one network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.doctor.filters import filters_behind
from convscope.doctor.spectrum import noise
from convscope.experiments.learning.layer_reading import LayerReading, Reading

if TYPE_CHECKING:
    from torch import Tensor

    from convscope.net.net import Net
    from convscope.results.layer import Layer

BLOCKS = 4
"""Along each side of a map, where it has so many cells."""
BATCH = 32


def read_probe(net: Net, arrays: NDArray[np.float32], facts: Mapping[str, Any]) -> Reading:
    """Read every default layer between the image and the scores on the probe's images.

    Args:
        net: the network; it is the same afterwards.
        arrays: (n, c, h, w) prepared images.
        facts: what is kept with the reading.

    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> found = read_probe(net, np.zeros((4, 3, 72, 72), np.float32), {})
    >>> [one.name for one in found.layers][:2], found.layers[0].maxima.shape
    (['relu1', 'relu2'], (4, 48))
    """
    from convscope.net.capture import Capture
    from convscope.net.scores import scores_layer

    scores = scores_layer(net)
    layers = hidden_layers(net)
    capture = Capture(net, sorted({*layers, scores}, key=lambda one: one.number), "contiguous")
    parts: dict[int, list[dict[str, Any]]] = {one.number: [] for one in capture.layers}
    for start in range(0, len(arrays), BATCH):
        for number, part in _seen(capture, arrays[start : start + BATCH]):
            parts[number].append(part)
    answers = np.concatenate([part["maxima"] for part in parts[scores.number]]).argmax(axis=1)
    noises = filter_noise(net, layers)
    read = tuple(
        LayerReading(
            name=one.name,
            **{key: np.concatenate([part[key] for part in parts[one.number]])
               for key in ("maxima", "means", "blocks")},
            firing=float(np.average([part["firing"] for part in parts[one.number]],
                                    weights=[len(part["maxima"]) for part in parts[one.number]])),
            noise=noises[one.number],
        )
        for one in layers
    )  # fmt: skip
    return Reading(read, answers.astype(np.int64), facts)


def hidden_layers(net: Net) -> tuple[Layer, ...]:
    """The default layers without what the network returns.

    >>> from convscope.net.intake import load
    >>> [one.name for one in hidden_layers(load("bundled:photos", device="cpu"))][-2:]
    ['relu5', 'relu6']
    """
    from convscope.net.capture import choose

    outputs = set(net.tape().outputs)
    return tuple(one for one in choose(net) if one.number not in outputs)


def filter_noise(net: Net, layers: Sequence[Layer]) -> dict[int, NDArray[np.float32]]:
    """(C,) noise of the filters that each layer's channels come from, by the layer's number."""
    found = {}
    for layer in layers:
        behind = filters_behind(net.tape(), layer)
        noises = np.full(layer.channels, np.nan) if behind is None else noise(behind.weights)
        found[layer.number] = noises.astype(np.float32)
    return found


def _seen(capture: Any, batch: NDArray[np.float32]) -> Iterator[tuple[int, dict[str, Any]]]:
    """What is kept of a batch, a layer at a time; the batch is filled up to a multiple of 4."""
    import torch

    count = len(batch)
    padded = np.concatenate([batch, np.repeat(batch[-1:], -count % 4, axis=0)])
    found: list[tuple[int, dict[str, Any]]] = []

    def see(place: int, activation: Tensor) -> None:
        layer = capture.layers[place]
        maps = activation[:count].reshape(count, layer.channels, layer.height, layer.width)
        found.append((layer.number, kept(maps)))

    capture.run(torch.from_numpy(padded), see)
    yield from found


def kept(maps: Tensor) -> dict[str, Any]:
    """What is kept of maps (n, C, h, w).

    >>> import torch
    >>> made = kept(torch.arange(8.0).reshape(1, 2, 2, 2) - 3)
    >>> made["maxima"].tolist(), made["means"].tolist(), made["firing"]
    ([[0.0, 4.0]], [[-1.5, 2.5]], 0.5)
    """
    import torch

    size = min(BLOCKS, maps.shape[2]), min(BLOCKS, maps.shape[3])
    blocks = torch.nn.functional.adaptive_avg_pool2d(maps, size)
    return {
        "maxima": maps.amax((2, 3)).cpu().numpy().astype(np.float32),
        "means": maps.mean((2, 3)).cpu().numpy().astype(np.float32),
        "blocks": blocks.flatten(1).cpu().numpy().astype(np.float32),
        "firing": float((maps > 0).double().mean()),
    }
