"""Activations of the same random cells on the same images, at every checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.tally.spread import spread

if TYPE_CHECKING:
    from torch import Tensor

    from convscope.images.source import Source
    from convscope.net.net import Net
    from convscope.results.layer import Layer

Samples = dict[int, NDArray[np.float32]]
"""(n, C) by the layer's number; every checkpoint's rows are the same cells of the same images."""
EACH = 4
"""Cells taken of an image, where there are images enough: neighbors say nearly the same."""


def sampled(
    net: Net,
    layers: Sequence[Layer],
    source: Source,
    images: Sequence[int],
    *,
    samples: int,
    batch: int = 8,
    seed: int = 0,
) -> Samples:
    """Run some images and keep some cells of each layer.

    Args:
        net: the network; it is the same afterwards.
        layers: of its tape, or of an atlas of it.
        source: where the images are.
        images: numbers of those that can be read; evenly spaced ones of them are used.
        samples: cells wanted of each layer; a layer that has fewer gives all of them.
        batch: images at once, a multiple of 4; one where they would change each other.
        seed: of the choice of cells.

    Returns:
        For each layer its activations, one row a cell, images in their order.
    """
    import torch

    from convscope.images.read import read_from
    from convscope.net.capture import Capture

    some = [images[place] for place in spread(len(images), ceil(samples / EACH)).tolist()]
    each = ceil(samples / len(some))
    places = {
        layer.number: _places(layer, len(some), each, np.random.default_rng((seed, layer.number)))
        for layer in layers
    }
    capture = Capture(net, layers)
    found: list[list[NDArray[np.float32]]] = [[] for _ in layers]
    step = batch if _apart(net, layers) else 1
    for start in range(0, len(some), step):
        numbers = some[start : start + step]
        arrays = [read_from(source, number, net.preprocessing).array for number in numbers]
        padding = [arrays[0]] * (step - len(arrays))

        def see(
            place: int, activation: Tensor, start: int = start, count: int = len(arrays)
        ) -> None:
            chosen = places[layers[place].number][start : start + count]
            found[place].append(_at(activation, chosen))

        capture.run(torch.from_numpy(np.stack(arrays + padding)), see)
    return {one.number: np.concatenate(rows) for one, rows in zip(layers, found, strict=True)}


def _places(layer: Layer, images: int, each: int, drawn: np.random.Generator) -> NDArray[np.int64]:
    """(images, m) cells of each image, numbered row by row; no cell twice."""
    cells = layer.height * layer.width
    rows = [drawn.permutation(cells)[: min(each, cells)] for _ in range(images)]
    return np.stack(rows)


def _apart(net: Net, layers: Sequence[Layer]) -> bool:
    """Whether images of one batch leave each other alone."""
    from convscope.net.apart import is_apart

    return all(is_apart(net, layer.number) for layer in layers)


def _at(activation: Tensor, cells: NDArray[np.int64]) -> NDArray[np.float32]:
    """Chosen cells of each image of (n, c, h, w) or (n, c), one row a cell, (n * m, c)."""
    flat = activation[: len(cells)].unsqueeze(2).flatten(2)  # (n, c, all cells)
    values: NDArray[np.float32] = flat.movedim(1, 2).float().cpu().numpy()
    return np.take_along_axis(values, cells[..., None], axis=1).reshape(-1, values.shape[2])
