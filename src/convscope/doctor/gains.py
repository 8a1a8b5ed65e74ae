"""Gains of the normalization between a layer's op and the layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from convscope.net.net import Net
    from convscope.net.tape import Op, Tape


def gains(net: Net) -> Mapping[int, NDArray[np.float64]]:
    """(channels,) the weight of the BatchNorm that each layer's op passes, by the layer's number.

    >>> from torch import nn
    >>> from convscope.net.net import Net
    >>> from convscope.preprocess import Preprocessing
    >>> parts = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    >>> found = gains(Net(parts, Preprocessing((8, 8), None)))
    >>> [gain.tolist() for gain in found.values()]
    [[1.0, 1.0, 1.0, 1.0]]
    """
    from convscope.net.layers import weighted_ends

    tape = net.tape()
    found = {end: _norm(tape, op, end) for end, op in weighted_ends(tape).items()}
    return {
        end: norm.bound["weight"].detach().double().cpu().numpy()
        for end, norm in found.items()
        if norm is not None and norm.bound.get("weight") is not None
    }


def _norm(tape: Tape, op: Op, end: int) -> Op | None:
    number = op.number
    while number != end:
        following = tape.ops[tape.consumers[number][0]]
        if following.kind == "batch_norm":
            return following
        number = following.number
    return None
