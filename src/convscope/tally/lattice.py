"""Statistics that look at a lattice of cells: spread, share of firing cells, histogram.

Looking at every cell would cost as much again as the network. A lattice of at most 12 x 12 cells
a map costs a few percent; its phase comes from the image's number, so that after as many images
as a lattice cell has cells every cell has been looked at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.tally.histogram import FIRST, LAST, SHIFT, SIDE
from convscope.tally.plan import LayerPlan


@dataclass(frozen=True)
class Sample:
    """What one layer's lattice gave for a batch of ``n`` images, padding left out."""

    cells: NDArray[np.int64]
    """Finite cells looked at: ``(n, c)``, or ``(n, 1)`` where all channels have as many."""
    total: NDArray[np.float64]
    """``(n, c)``, as are the squares' sums."""
    squares: NDArray[np.float64]
    positive: NDArray[np.int64]
    """``(c,)``, over all images, as are the negative cells."""
    negative: NDArray[np.int64]
    histogram: NDArray[np.int64]
    """``(c, signs, SIDE)``, signs being 1 where the layer has no negative cells."""


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
    cells = values.shape[1] - padded[:, None]
    if not clean:
        bad = ~values.isfinite()
        values.masked_fill_(bad, 0.0)
        cells = cells - bad.sum(1).numpy()
    count = len(images)
    wide = values.double()
    total = wide.sum(1).numpy()[:count]
    squares = wide.mul_(wide).sum(1).numpy()[:count]
    signs = _signs(values[:count], layer.signed)
    return Sample(cells[:count], total, squares, *signs, _histogram(values[:count], layer.signed))


def _gather(
    x: torch.Tensor, strides: tuple[int, int], images: NDArray[np.int64]
) -> tuple[torch.Tensor, NDArray[np.int64]]:
    """``(n, cells, c)`` float32 on the CPU, and how many cells of each image are only padding.

    Lattices of different phases may differ by a row or column; zeros fill the shorter ones,
    which changes no sum, and the count of zeros is not taken from them.
    """
    maps, (sy, sx) = x.permute(0, 2, 3, 1), strides
    n, h, w, c = maps.shape
    shape = (n, -(-h // sy), -(-w // sx), c)
    out = torch.zeros(shape, dtype=torch.float32, device=x.device)
    padded = np.zeros(n, np.int64)
    for i, image in enumerate(images.tolist()):
        y, x0 = phase(image, strides)
        part = maps[i, y::sy, x0::sx]
        out[i, : part.shape[0], : part.shape[1]] = part
        padded[i] = shape[1] * shape[2] - part.shape[0] * part.shape[1]
    return out.view(n, -1, c).cpu(), padded


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


def _histogram(values: torch.Tensor, signed: bool) -> NDArray[np.int64]:
    """``(c, signs, SIDE)`` of ``(n, cells, c)``: the exponent of a square is its half octave."""
    channels, signs = values.shape[2], 1 + signed
    code = values.square().view(torch.int32) >> SHIFT
    code = code.clamp_(FIRST - 1, LAST).add_(_bases(channels, signs))
    if signed:
        code.add_((values < 0).int(), alpha=SIDE)
    counts = torch.bincount(code.view(-1), minlength=channels * signs * SIDE)
    return counts.numpy().reshape(channels, signs, SIDE)


@cache
def _bases(channels: int, signs: int) -> torch.Tensor:
    """What is added to a code, so that each channel has bins of its own from 0."""
    return torch.arange(channels, dtype=torch.int32) * (signs * SIDE) - (FIRST - 1)
