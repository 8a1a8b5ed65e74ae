"""Statistics of the cells on a lattice: spread, share of firing cells, histogram, health."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.tally.histogram import FIRST, LAST, SHIFT, SIDE
from convscope.tally.lattice import Lattices, lattices, phase, picks
from convscope.tally.plan import Plan
from convscope.tally.vitals import Sums, Vitals, vitals


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
    vitals: Vitals | None
    """None where health is not counted."""


def sample(
    x: torch.Tensor, plan: Plan, index: int, images: NDArray[np.int64], clean: bool
) -> Sample:
    """Look at the lattices of maps ``(n, c, h, w)``, of which the first ``len(images)`` count."""
    layer, count = plan.layers[index], len(images)
    strides = layer.strides(plan.exact)
    looked, places = _looked((layer.height, layer.width), strides, tuple(images.tolist()))
    values = _gather(x, strides, images, looked)
    cells = looked.cells[:, None]
    if not clean:
        bad = ~values.isfinite()
        values.masked_fill_(bad, 0.0)
        cells = cells - bad[:count].sum(1).numpy()
    wide = values.double()
    total = wide.sum(1).numpy()[:count]
    squares = wide.mul_(wide).sum(1).numpy()[:count]
    real = values[:count]
    signs, histogram = _signs(real, layer.signed), _histogram(real, layer.signed)
    if not plan.health:
        return Sample(cells, total, squares, *signs, histogram, None)
    found = vitals(values, layer, Sums(cells, total, squares), places)
    return Sample(cells, total, squares, *signs, histogram, found)


@lru_cache(maxsize=32)
def _looked(
    size: tuple[int, int], strides: tuple[int, int], images: tuple[int, ...]
) -> tuple[Lattices, NDArray[np.int64]]:
    """The lattices, and the cells picked of them: many layers have maps of one size."""
    numbers = np.array(images)
    found = lattices(size, strides, numbers)
    return found, picks(found, numbers)


def _gather(
    x: torch.Tensor, strides: tuple[int, int], images: NDArray[np.int64], looked: Lattices
) -> torch.Tensor:
    """``(n, cells, c)`` float32 on the CPU.

    Lattices of different phases may differ by a row or column; zeros fill the shorter ones,
    which changes no sum, and the count of zeros is not taken from them.
    """
    maps, (sy, sx) = x.permute(0, 2, 3, 1), strides
    n, c = len(maps), maps.shape[3]
    out = torch.zeros((n, *looked.shape, c), dtype=torch.float32, device=x.device)
    for i, image in enumerate(images.tolist()):
        y, x0 = phase(image, strides)
        out[i, : looked.rows[i], : looked.columns[i]] = maps[i, y::sy, x0::sx]
    return out.view(n, -1, c).cpu()


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
