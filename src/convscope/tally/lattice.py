"""Statistics that look at a lattice of cells: spread, share of firing cells, histogram.

Looking at every cell would cost as much again as the network. A lattice of at most 12 x 12 cells
a map costs a few percent; its phase comes from the image's number, so that after as many images
as a lattice cell has cells every cell has been looked at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.tally.histogram import FIRST, LAST, SHIFT, SIDE, ZERO, assemble
from convscope.tally.plan import LayerPlan


@dataclass(frozen=True)
class Sample:
    """What one layer's lattice gave for a batch of ``n`` images, padding left out."""

    cells: NDArray[np.int64]
    """``(n, c)`` finite cells looked at."""
    total: NDArray[np.float64]
    """``(n, c)``, as are the squares' sums."""
    squares: NDArray[np.float64]
    positive: NDArray[np.int64]
    """``(c,)``"""
    histogram: NDArray[np.int64]
    """``(c, BINS)``"""


def phase(image: int, strides: tuple[int, int]) -> tuple[int, int]:
    """First row and column of an image's lattice.

    >>> [phase(i, (2, 2)) for i in range(5)]
    [(0, 0), (0, 1), (1, 0), (1, 1), (0, 0)]
    """
    return image // strides[1] % strides[0], image % strides[1]


def sample(
    x: torch.Tensor, layer: LayerPlan, images: NDArray[np.int64], exact: bool, clean: bool
) -> Sample:
    """Look at the lattices of maps ``(n, c, h, w)``, of which the first ``len(images)`` count."""
    values, padded = _gather(x, layer.strides(exact), images)
    holes = padded[:, None]  # (n, 1) cells that are not there, or (n, c) with the non-finite
    if not clean:
        bad = ~values.isfinite()
        values.masked_fill_(bad, 0.0)
        holes = holes + bad.sum(1).numpy()
    count = len(images)
    wide = values.double()
    histogram, positive = _histogram(values[:count], layer.signed)
    histogram[:, ZERO] -= np.broadcast_to(holes, wide.shape[::2])[:count].sum(axis=0)
    cells = np.broadcast_to(values.shape[1] - holes, wide.shape[::2])[:count]
    total = wide.sum(1).numpy()[:count]
    return Sample(cells, total, wide.mul_(wide).sum(1).numpy()[:count], positive, histogram)


def _gather(
    x: torch.Tensor, strides: tuple[int, int], images: NDArray[np.int64]
) -> tuple[torch.Tensor, NDArray[np.int64]]:
    """``(n, cells, c)`` float32 on the CPU, and how many cells of each image are only padding.

    Lattices of different phases may differ by a row or column; zeros fill the shorter ones,
    which changes no sum and is taken from the count of zeros again.
    """
    maps, (sy, sx) = x.permute(0, 2, 3, 1), strides
    n, h, w, c = maps.shape
    out = torch.zeros(n, -(-h // sy), -(-w // sx), c)
    padded = np.zeros(n, np.int64)
    for i, image in enumerate(images.tolist()):
        y, x0 = phase(image, strides)
        part = maps[i, y::sy, x0::sx]
        out[i, : part.shape[0], : part.shape[1]] = part
        padded[i] = out[i, :, :, 0].numel() - part.shape[0] * part.shape[1]
    return out.view(n, -1, c), padded


def _signs(values: torch.Tensor, signed: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``(c,)`` positive and negative cells of ``(n, cells, c)``.

    Sums of signs: four times as fast as sums of booleans, and exact in float32 up to 2^24 cells.
    """
    sign = values.sign()
    net = sign.sum(1).long().sum(0).numpy()
    if not signed:
        return net, np.zeros_like(net)
    both = sign.abs_().sum(1).long().sum(0).numpy()
    return (both + net) // 2, (both - net) // 2


def _histogram(values: torch.Tensor, signed: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``(c, BINS)`` of ``(n, cells, c)``, and the positive cells ``(c,)``.

    A float's bits, shifted, are its half octave.
    """
    channels, signs = values.shape[2], 1 + signed
    bits = values.view(torch.int32)
    code = ((bits & 0x7FFFFFFF) if signed else bits) >> SHIFT
    code = code.clamp_(FIRST - 1, LAST).sub_(FIRST - 1)
    if signed:
        code.add_((bits < 0).int(), alpha=SIDE)
    code.add_(torch.arange(channels, dtype=torch.int32) * (signs * SIDE))
    raw = torch.bincount(code.view(-1), minlength=channels * signs * SIDE).numpy()
    both = np.zeros((channels, 2, SIDE), np.int64)
    both[:, :signs] = raw.reshape(channels, signs, SIDE)
    positive, negative = _signs(values, signed)
    return assemble(both, positive, negative), positive
