"""Filters of an op as they act: through the BatchNorm after it, as maps where rows are of one.

In evaluation a BatchNorm after a convolution is a gain and a shift of each channel, so the two are
one convolution: with ``g = gamma / sqrt(var + eps)``, its filters are ``g * W`` and its biases
``g * (b - mean) + beta`` (Ioffe & Szegedy 2015, alg. 2). A negative gamma turns a filter over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import NetworkError
from convscope.geometry.walk import IMAGE
from convscope.net.kinds import LAYOUT, RECTIFIERS
from convscope.net.tape import Op, Tape


@dataclass(frozen=True)
class Filters:
    """The linear part of one op, in float64."""

    weight: NDArray[np.float64]
    """(C, c, kh, kw): of each output channel over the input channels of its group."""
    bias: NDArray[np.float64]
    """(C,)"""
    gain: NDArray[np.float64]
    """(C,) what a normalisation after it multiplies each by; 1 where there is none."""
    norm: str = ""
    """The normalisation that is folded in."""
    note: str = ""


def filters_of(tape: Tape, op: Op, *, effective: bool = True, reshaped: bool = True) -> Filters:
    """An op's filters; with ``effective``, through the BatchNorm after it.

    Args:
        tape: the network's.
        op: one that has filters.
        effective: fold in the BatchNorm that alone reads the op's result.
        reshaped: a linear layer's rows as (c, h, w), where it reads a flattened map.
    """
    own = _own(tape, op, reshaped)
    norm = _norm_after(tape, op) if effective else None
    if norm is None:
        return own
    if norm.bound.get("running_var") is None or norm.bound.get("training"):
        return replace(
            own,
            note=f"{norm.name} normalises by the statistics of the batch, so it has no fixed gain; "
            "the filters are shown without it.",
        )
    return fold(own, norm)


def fold(own: Filters, norm: Op) -> Filters:
    """The filters of a convolution and the BatchNorm after it, as one convolution's."""
    count = len(own.weight)
    parts = {name: norm.bound.get(name) for name in ("weight", "bias")}
    gamma, beta = (
        np.full(count, default) if parts[name] is None else _array(parts[name])
        for name, default in (("weight", 1.0), ("bias", 0.0))
    )
    mean, var = _array(norm.bound["running_mean"]), _array(norm.bound["running_var"])
    eps = norm.bound.get("eps", 1e-5)
    gain = gamma / np.sqrt(var + eps)
    weight = own.weight * gain[:, None, None, None]
    return Filters(weight, (own.bias - mean) * gain + beta, gain, norm.name, own.note)


def _norm_after(tape: Tape, op: Op) -> Op | None:
    """The BatchNorm that alone reads an op's result."""
    number = op.number
    while len(tape.consumers[number]) == 1:
        following = tape.ops[tape.consumers[number][0]]
        if following.kind == "batch_norm":
            return following
        if following.kind not in ("identity", "dropout"):
            return None
        number = following.number
    return None


def _own(tape: Tape, op: Op, reshaped: bool) -> Filters:
    weight = _array(op.bound["weight"])
    if op.kind == "conv_transpose":
        weight = _transposed(weight, int(op.bound.get("groups") or 1))
    if op.kind == "linear":
        weight = _rows(tape, op, weight, reshaped)
    count = len(weight)
    given = op.bound.get("bias")
    bias = np.zeros(count) if given is None else _array(given)
    return Filters(weight, bias, np.ones(count))


def _transposed(weight: NDArray[np.float64], groups: int) -> NDArray[np.float64]:
    """(in, out / groups, kh, kw) as (out, in / groups, kh, kw)."""
    split = weight.reshape(groups, -1, *weight.shape[1:])
    return np.swapaxes(split, 1, 2).reshape(-1, split.shape[1], *weight.shape[2:])


def _rows(tape: Tape, op: Op, weight: NDArray[np.float64], reshaped: bool) -> NDArray[np.float64]:
    """Rows (C, n) of a linear layer as (C, c, h, w) of the map it reads, or as (C, n, 1, 1)."""
    flat = weight[:, :, None, None]
    source = _flattened(tape, op) if reshaped else None
    if source is None or source.axes not in ("nchw", "nhwc"):
        return flat
    shape = source.shape[1:]
    if int(np.prod(shape)) != weight.shape[1]:
        return flat
    order = [source.axes.index(axis) for axis in "chw"]
    return weight.reshape(len(weight), *shape).transpose(0, *order)


def source_of(tape: Tape, op: Op) -> str:
    """What an op's filters read: a layer's name, of a flattened map the map's; empty: the image."""
    if op.inputs[0] == IMAGE:
        return ""
    read = _flattened(tape, op) if op.kind == "linear" else None
    return (read or tape.ops[op.inputs[0]]).name


def _flattened(tape: Tape, op: Op) -> Op | None:
    """The map whose flattening a linear layer reads, if one lies before it."""
    number = op.inputs[0]
    while number != IMAGE and tape.ops[number].axes == "nc":
        before = tape.ops[number]
        if before.kind not in LAYOUT | RECTIFIERS | {"dropout"}:
            return None
        number = before.inputs[0]
    return None if number == IMAGE else tape.ops[number]


def _array(tensor: Any) -> NDArray[np.float64]:
    if not isinstance(tensor, Tensor):
        raise NetworkError(
            "A weight of this network is computed from the image, so it has no fixed filters. "
            "Look at its activations instead: convscope activations."
        )
    found: NDArray[np.float64] = tensor.detach().double().cpu().numpy()
    return found
