"""The bundled network in five states: two of them are trained here, in seconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from convscope.images import photos
from convscope.images.photos import Tile
from convscope.net.intake import load
from convscope.net.net import Net

STATES = {
    "untrained": "bundled:photos-start",
    "early": "bundled:photos-early",
    "trained": "bundled:photos",
}
FEW = 3
"""Tiles of each photograph that the overfitted network learns."""


def network(state: str) -> Net:
    """The bundled network, untrained, early, trained, dead or overfitted."""
    if state in STATES:
        return load(STATES[state], device="cpu")
    net = load("bundled:photos-start", device="cpu")
    if state == "dead":  # thirty times the rate that trained it
        rate = torch.optim.SGD(net.module.parameters(), lr=0.3, momentum=0.9)
        _train(net, _seen(), rate, steps=60)
    else:
        rate = torch.optim.Adam(net.module.parameters(), lr=1e-3)
        _train(net, few_tiles(), rate, steps=80)
    return net


def _seen() -> list[Tile]:
    held_out = {tile.uri for tile in photos.held_out_tiles()}
    return [tile for tile in photos.tiles() if tile.uri not in held_out]


def few_tiles() -> list[Tile]:
    """A few tiles of each photograph."""
    seen = _seen()
    names = dict.fromkeys(tile.photograph for tile in seen)
    return [t for name in names for t in [s for s in seen if s.photograph == name][:FEW]]


def _train(net: Net, tiles: Sequence[Tile], rate: torch.optim.Optimizer, steps: int) -> None:
    names = list(net.keys or ())
    pixels = np.stack([net.preprocessing.apply(photos.cut(tile)).array for tile in tiles])
    images, labels = torch.from_numpy(pixels), [names.index(tile.photograph) for tile in tiles]
    wanted = torch.tensor(labels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net.module.train()
        for _ in range(steps):
            some = torch.randint(len(images), (36,))
            rate.zero_grad()
            cross_entropy(net.module(images[some]), wanted[some]).backward()
            rate.step()
    net.module.eval()
