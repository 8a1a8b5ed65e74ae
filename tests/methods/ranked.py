"""An atlas in memory: the strongest cell of every channel in each of a few random images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.images.image import Image
from convscope.images.read import read_from
from convscope.images.source import Record
from convscope.net.full import Seed, activations, project_full
from convscope.net.net import Net
from convscope.net.rules import Rule
from convscope.results.layer import Layer
from convscope.results.projection import framed


@dataclass(frozen=True)
class Noise:
    """Random images as a source gives them."""

    size: tuple[int, int]
    count: int = 3
    name: str = "noise"

    def __len__(self) -> int:
        return self.count

    def uri(self, index: int) -> str:
        return f"{index}.npy"

    def label(self, index: int) -> str | None:
        return None

    def record(self, index: int) -> Record:
        return Record(self.uri(index), None, self.uri(index), None, 0, None, "", self.size)

    def pixels(self, index: int) -> NDArray[np.float32]:
        drawn = np.random.default_rng(index).normal(size=(*self.size, 3))
        return drawn.astype(np.float32)

    def iterate(self, start: int, stop: int) -> Iterator[Any]:
        raise NotImplementedError


@dataclass(frozen=True)
class Top:
    value: NDArray[Any]
    image: NDArray[Any]
    y: NDArray[Any]
    x: NDArray[Any]


class Ranked:
    """What `project_all` asks of an atlas."""

    def __init__(self, net: Net, layers: Sequence[Layer] | None = None, count: int = 3) -> None:
        self.net, self.images = net, Noise(net.preprocessing.size, count)
        self.layers = tuple(layers or net.tape().default_layers)

    def source(self) -> Noise:
        return self.images

    def image(self, index: int) -> Image:
        return read_from(self.images, index, self.net.preprocessing)

    def top(self, layer: Layer, side: str = "top") -> Top:
        return self._tops[layer.number]

    @cached_property
    def _tops(self) -> dict[int, Top]:
        numbers = [layer.number for layer in self.layers]
        runs = [
            activations(self.net, self.net.tape(), self.net.batch([self.image(i).array]), numbers)
            for i in range(len(self.images))
        ]
        return {layer.number: _top(self.net, layer, runs) for layer in self.layers}

    def reference(self, layer: Layer, rank: int, channel: int) -> tuple[float, NDArray[Any]]:
        """Activation and projection of one unit through its whole image, in the frame."""
        top, at = self.top(layer), rank - 1
        cell = int(top.y[channel, at]), int(top.x[channel, at])
        batch = self.net.batch([self.image(int(top.image[channel, at])).array])
        ((value, array),) = project_full(
            self.net, self.net.tape(), Rule(), batch, layer.number, [Seed(channel, cell)]
        )
        return value, framed(array.numpy(), layer.field.frame(cell, *batch.shape[2:]))


def _top(net: Net, layer: Layer, runs: Sequence[Any]) -> Top:
    op = net.tape().ops[layer.number]
    maps = np.stack(
        [
            [
                run[layer.number][op.index(0, c, None)].reshape(-1).numpy()
                for c in range(layer.channels)
            ]
            for run in runs
        ],
        axis=1,
    )  # (channels, images, cells)
    order = np.argsort(-maps.max(axis=2), axis=1, kind="stable")
    best = np.take_along_axis(maps.argmax(axis=2), order, axis=1)
    value = np.take_along_axis(maps.max(axis=2), order, axis=1)
    return Top(value, order, best // layer.width, best % layer.width)
