"""Random directions of a layer, run beside a target: is what is said of it said of any direction?

Source: Szegedy et al. 2013, sec. 3: images that go farthest along a random direction of the
feature space look as much alike as those of a single unit, so a claim about one unit needs them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.address import Direction
from convscope.net.net import Net
from convscope.net.tape import Tape
from convscope.net.target import Target, find_target
from convscope.tally import topk


class Control:
    """The strongest images and the spread of some random directions, in constant memory.

    Args:
        net: the network.
        target: what they are beside: they are of its layer, and in its cell if it has one.
        count: strongest images kept of each.
        seeds: one a direction; ``layer:random.SEED`` is the same one as a target.
    """

    def __init__(self, net: Net, target: Target, count: int, seeds: Sequence[int]) -> None:
        self._target, layer = target, target.layer
        found = [find_target(net, Direction(layer.name, seed=seed)) for seed in seeds]
        self._weights = torch.tensor(
            [[weight for _, weight in one.terms] for one in found], dtype=net.dtype
        ).reshape(len(found), -1)  # (directions, c)
        self._top = topk.empty(len(found), count)
        self._seen, self._sum, self._squares = 0, np.zeros(len(found)), np.zeros(len(found))

    def read(self, result: Tensor, tape: Tape) -> NDArray[np.float64]:
        """Each direction's value on one image, from the layer's result in its own layout."""
        planes, cell = self._target.planes(result, tape)[0], self._target.cell
        weights = self._weights.to(planes.device, planes.dtype)
        values = (weights @ planes.flatten(1)).reshape(len(weights), *planes.shape[1:])
        found = values.flatten(1).amax(1) if cell is None else values[:, *cell]
        return found.cpu().double().numpy()  # not every device has doubles

    def add(self, image: int, values: NDArray[np.float64]) -> None:
        """Count what `read` gave for an image."""
        units, zero = np.arange(len(values)), np.zeros(len(values), np.int32)
        images = np.full(len(values), image, np.int64)
        topk.update(self._top, topk.Cells(units, values.astype(np.float32), images, zero, zero))
        self._seen += 1
        self._sum += values
        self._squares += values**2

    def images(self, count: int) -> NDArray[np.int64]:
        """(directions, count): the strongest images of each."""
        return self._top.image[:, :count]

    def telling(self, count: int) -> NDArray[np.float64]:
        """(directions,): how far the mean of the strongest lies above that of all images."""
        strongest = self._top.key[:, :count].astype(np.float64).mean(1)
        mean = self._sum / max(self._seen, 1)
        spread = np.sqrt(np.maximum(self._squares / max(self._seen, 1) - mean**2, 0))
        return _in_spreads(strongest - mean, spread)


def telling(values: NDArray[np.float64], count: int) -> float:
    """How far the mean of the strongest values lies above the mean of all, in their spread.

    >>> round(telling(np.array([0.0, 0.0, 0.0, 4.0]), 1), 4)
    1.7321
    """
    strongest = np.sort(values)[::-1][:count].mean()
    return float(_in_spreads(strongest - values.mean(), values.std()))


def _in_spreads(above: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(spread > 0, above / np.where(spread > 0, spread, 1), 0.0)


def share(labels: Sequence[str | None]) -> float:
    """The share of images that are of the commonest class among them.

    >>> share(["pug", "boxer", "pug", None])
    0.5
    """
    known = Counter(label for label in labels if label is not None)
    return max(known.values(), default=0) / max(len(labels), 1)
