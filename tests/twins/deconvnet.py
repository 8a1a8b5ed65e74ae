"""The slow twin of every projection: Zeiler & Fergus 2013, sec. 2.1, written out in numpy float64.

A forward returns its result and the way back: a function from a reconstruction of the result to
one of the input. Nothing here knows autograd or torch's convolutions; sums run over taps, pooling
over windows, one at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tests.net import zoo

Array = NDArray[np.float64]  # (c, h, w)
Back = Callable[[Array], Array]
Step = tuple[Array, Back]


def project(module: nn.Module, image: Array, channel: int, cell: tuple[int, int] | None) -> Array:
    """Unpool with switches, rectify, filter with the transposed filters, down to the pixels."""
    top, back = forward(module, image)
    seed = np.zeros_like(top)
    where = (channel,) if cell is None else (channel, *cell)
    seed[where] = top[where]
    return back(seed)


def forward(module: nn.Module, x: Array) -> Step:
    return _STEPS[type(module)](module, x)


# -- filters ------------------------------------------------------------------------------------
def convolution(m: nn.Conv2d, x: Array) -> Step:
    weight = _numpy(m.weight)  # (o, i / groups, kh, kw)
    (py, px), (sy, sx), (dy, dx) = m.padding, m.stride, m.dilation
    padded = np.pad(x, ((0, 0), (py, py), (px, px)))
    out, kept, kh, kw = weight.shape
    height = (padded.shape[1] - dy * (kh - 1) - 1) // sy + 1
    width = (padded.shape[2] - dx * (kw - 1) - 1) // sx + 1
    y = np.zeros((out, height, width))
    links = [(o, o // (out // m.groups) * kept + i, i) for o in range(out) for i in range(kept)]
    taps = [
        (o, source, weight[o, i, ky, kx], _taps(ky * dy, sy, height), _taps(kx * dx, sx, width))
        for (o, source, i), ky, kx in product(links, range(kh), range(kw))
    ]
    for o, source, value, rows, columns in taps:
        y[o] += value * padded[source, rows, columns]
    if m.bias is not None:
        y += _numpy(m.bias)[:, None, None]

    def back(r: Array) -> Array:
        wide = np.zeros_like(padded)
        for o, source, value, rows, columns in taps:
            wide[source, rows, columns] += value * r[o]
        return wide[:, py : py + x.shape[1], px : px + x.shape[2]]

    return y, back


def _taps(first: int, stride: int, count: int) -> slice:
    return slice(first, first + stride * (count - 1) + 1, stride)


def linear(m: nn.Linear, x: Array) -> Step:
    weight = _numpy(m.weight)
    return weight @ x + _numpy(m.bias), lambda r: weight.T @ r


def flatten(m: nn.Flatten, x: Array) -> Step:
    return x.reshape(-1), lambda r: r.reshape(x.shape)


# -- rectifiers, pools --------------------------------------------------------------------------
def rectify(m: nn.Module, x: Array) -> Step:
    return np.maximum(x, 0), lambda r: np.maximum(r, 0)


def max_pool(m: nn.MaxPool2d, x: Array) -> Step:
    windows = _windows(m, x.shape)
    y = np.zeros((x.shape[0], *_size(m, x.shape)))
    switches = {}
    for c, (cell, places) in product(range(x.shape[0]), windows.items()):
        switches[(c, *cell)] = max(places, key=lambda at: x[(c, *at)])  # the first of equals
        y[(c, *cell)] = x[(c, *switches[(c, *cell)])]

    def back(r: Array) -> Array:
        wide = np.zeros_like(x)
        for (c, j, i), at in switches.items():
            wide[(c, *at)] += r[c, j, i]
        return wide

    return y, back


def avg_pool(m: nn.AvgPool2d, x: Array) -> Step:
    windows = _windows(m, x.shape)
    share = 1 / np.prod(_pair(m.kernel_size))
    y = np.zeros((x.shape[0], *_size(m, x.shape)))
    for (j, i), places in windows.items():
        y[:, j, i] = sum(x[:, b, a] for b, a in places) * share

    def back(r: Array) -> Array:
        wide = np.zeros_like(x)
        for (j, i), places in windows.items():
            for b, a in places:
                wide[:, b, a] += r[:, j, i] * share
        return wide

    return y, back


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _size(m: Any, shape: tuple[int, ...]) -> list[int]:
    sizes = []
    options = [_pair(v) for v in (m.kernel_size, m.stride, m.padding)]
    for length, k, s, p in zip(shape[1:], *options, strict=True):
        room = length + 2 * p - k
        count = -(-room // s) if m.ceil_mode else room // s
        if (count * s) >= length + p:  # a ceil window must start inside the map
            count -= 1
        sizes.append(count + 1)
    return sizes


def _windows(m: Any, shape: tuple[int, ...]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    (kh, kw), (sy, sx), (py, px) = (_pair(v) for v in (m.kernel_size, m.stride, m.padding))
    height, width = _size(m, shape)
    found = {}
    for j, i in product(range(height), range(width)):
        rows = [j * sy - py + k for k in range(kh) if 0 <= j * sy - py + k < shape[1]]
        columns = [i * sx - px + k for k in range(kw) if 0 <= i * sx - px + k < shape[2]]
        found[j, i] = list(product(rows, columns))
    return found


# -- normalisations -----------------------------------------------------------------------------
def batch_norm(m: nn.BatchNorm2d, x: Array) -> Step:
    scale = _numpy(m.weight) / np.sqrt(_numpy(m.running_var) + m.eps)
    shift = _numpy(m.bias) - _numpy(m.running_mean) * scale
    return x * scale[:, None, None] + shift[:, None, None], lambda r: r * scale[:, None, None]


def response_norm(m: nn.LocalResponseNorm, x: Array) -> Step:
    below, above = m.size // 2, (m.size - 1) // 2
    y = np.zeros_like(x)
    for c in range(x.shape[0]):
        near = x[max(c - below, 0) : c + above + 1]
        y[c] = x[c] / (m.k + m.alpha * (near**2).sum(0) / m.size) ** m.beta
    return y, lambda r: r


# -- wiring -------------------------------------------------------------------------------------
def chain(m: nn.Sequential, x: Array) -> Step:
    ways: list[Back] = []
    for part in m:
        x, back = forward(part, x)
        ways.append(back)

    def whole(r: Array) -> Array:
        for back in reversed(ways):
            r = back(r)
        return r

    return x, whole


def fire(m: zoo.Fire, x: Array) -> Step:
    x, down = chain(nn.Sequential(m.squeeze, nn.ReLU()), x)
    one, back1 = chain(nn.Sequential(m.expand1x1, nn.ReLU()), x)
    three, back3 = chain(nn.Sequential(m.expand3x3, nn.ReLU()), x)
    split = one.shape[0]
    return np.concatenate([one, three]), lambda r: down(back1(r[:split]) + back3(r[split:]))


def block(m: zoo.Block, x: Array) -> Step:
    main, up = chain(nn.Sequential(m.conv1, m.bn1, nn.ReLU(), m.conv2, m.bn2), x)
    short, across = forward(m.shortcut, x)
    y, rectified = rectify(m, main + short)
    return y, lambda r: up(rectified(r)) + across(rectified(r))


def unchanged(m: nn.Module, x: Array) -> Step:
    return x, lambda r: r


def _numpy(tensor: Any) -> Array:
    return np.asarray(tensor.detach().numpy(), dtype=np.float64)


_STEPS: dict[type[nn.Module], Callable[[Any, Array], Step]] = {
    nn.Conv2d: convolution,
    nn.Linear: linear,
    nn.Flatten: flatten,
    nn.ReLU: rectify,
    nn.MaxPool2d: max_pool,
    nn.AvgPool2d: avg_pool,
    nn.BatchNorm2d: batch_norm,
    nn.LocalResponseNorm: response_norm,
    nn.Sequential: chain,
    nn.Identity: unchanged,
    zoo.Fire: fire,
    zoo.Block: block,
}
