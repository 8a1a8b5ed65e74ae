"""The filters of the layers whose channels are convolutions of the image itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convscope.geometry.walk import IMAGE
from convscope.net.kinds import RECTIFIERS
from convscope.net.net import Net
from convscope.net.tape import Op, Tape
from convscope.results.layer import Layer

_CHANNELWISE = frozenset("batch_norm identity dropout lrn max_pool avg_pool".split())
"""Kinds that, with rectifiers, leave a channel what its convolution made it."""


def first_filters(net: Net, layers: Sequence[Layer]) -> dict[int, NDArray[np.float32]]:
    """Weights (C, c, kh, kw) of the layers whose convolution reads the image itself."""
    tape = net.tape()
    origins = {layer.number: _origin(tape, layer.number) for layer in layers}
    return {
        number: op.bound["weight"].detach().float().cpu().numpy()
        for number, op in origins.items()
        if op is not None
    }


def _origin(tape: Tape, number: int) -> Op | None:
    """The convolution of the image that an op's channels come from, one by one, if any."""
    op = tape.ops[number]
    while op.kind in RECTIFIERS | _CHANNELWISE and op.inputs[0] != IMAGE:
        op = tape.ops[op.inputs[0]]
    reads_image = op.kind == "conv" and op.inputs == (IMAGE,)
    return op if reads_image and op.bound.get("groups", 1) == 1 else None
