"""The activations of many layers on one image, in one forward."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from convscope.net.capture import Capture
from convscope.net.net import Net
from convscope.results.layer import Layer


def read_layers(net: Net, batch: Tensor, layers: Sequence[Layer]) -> dict[int, Tensor]:
    """Each layer's activation (C, h, w) on one image (1, c, h, w), by number on the tape.

    Values are read at the op, before a later op overwrites them; a vector has one cell. The batch
    keeps its plain memory format, so values are those of ``net.module(batch)``, bit for bit.

    Raises:
        ForwardError: the network raised inside.
    """
    unique = tuple({layer.number: layer for layer in layers}.values())
    found: dict[int, Tensor] = {}

    def see(place: int, activation: Tensor) -> None:
        layer = unique[place]
        whole = activation[0].reshape(layer.channels, layer.height, layer.width)
        found[layer.number] = whole.to("cpu", copy=True).contiguous()

    if unique:
        with torch.no_grad():
            Capture(net, unique, "contiguous").run(batch, see)
    return found
