"""What a few images say of each layer at an epoch's end: what is dead, and how sparse it is."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from convscope.net.capture import Capture
from convscope.net.net import Net


def probe_rows(epoch: int, net: Net, inputs: Tensor) -> list[dict[str, Any]]:
    """One row of health for each default layer; the network stays as it is, in whatever mode.

    ``dead`` is the share of its channels that are positive in no cell of any probe, ``sparsity``
    the share of all its values that are not positive.

    Args:
        epoch: that is done.
        net: the network, a guest.
        inputs: (n, c, h, w), as the network takes them.

    Raises:
        NetworkError: its layers cannot be seen.
    """
    layers = net.tape((inputs.shape[2], inputs.shape[3])).default_layers
    rows: dict[int, dict[str, Any]] = {}

    def see(place: int, activation: Tensor) -> None:
        positive = activation.flatten(2) > 0 if activation.dim() > 2 else activation[..., None] > 0
        alive = positive.any(2).any(0)
        rows[place] = _row(epoch, layers[place].name, alive, positive)

    Capture(net, layers).run(inputs, see)
    return [rows[place] for place in sorted(rows)]


def _row(epoch: int, layer: str, alive: Tensor, positive: Tensor) -> dict[str, Any]:
    nothing = dict.fromkeys(("rms_max", "rms_median", "norm", "update"), math.nan)
    return {
        "epoch": epoch,
        "layer": layer,
        **nothing,
        "dead": 1 - float(alive.to(torch.float64).mean()),
        "sparsity": 1 - float(positive.to(torch.float64).mean()),
    }
