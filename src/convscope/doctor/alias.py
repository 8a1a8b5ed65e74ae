"""Aliasing: what a stride of the first layer folds, and where it shows in the next.

Source: Zeiler & Fergus 2013, sec. 4.1 and Fig. 6 (d): with stride 4 the second layer's projections
show aliasing; stride 2 and smaller filters remove it. A convolution of stride ``s`` is its own map
at stride 1, of which every s-th cell is kept. A wave of frequency ``f`` (cycles a pixel) beyond
``1 / 2s`` cannot be told there from the wave of frequency ``f - round(f s) / s``, its alias: what
the next layer reads is that slow wave, with a phase that turns as the image shifts by single
pixels. How much there is of it depends on the filters and on the images: the response to an image
of spectrum ``S`` has the spectrum ``|W(f)|^2 S(f)``, and for photographs ``S`` falls as
``1 / |f|^2`` (Field 1987, "Relations between the statistics of natural images").

What this does not say: that information is lost. Many filters sample the same place, and together
they may tell an alias from the wave that it stands for. It says how far one map, alone, changes
when the image moves by less than a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.tally.known import mean_known

Array = NDArray[np.float64]

IMAGE = 128
"""Pixels: the lowest frequency that is counted is one wave in so many, as of an image that large.

Of ``1 / |f|^2`` each octave holds as much as the next, so a blur's share depends a little on it."""
_SLACK = 1e-9
"""A frequency of exactly half a cycle a cell is its own alias; rounding must not fold it."""


def alias_frequency(frequency: Any, stride: int) -> Array:
    """Where a frequency is found after every ``stride``-th sample is kept, both in cycles a pixel.

    Along each axis by itself, from ``-1 / 2s`` to ``1 / 2s``: a wave along y and x keeps the sign
    between the two.

    >>> alias_frequency([0.1, 0.3, 0.45], 4).round(9).tolist()
    [0.1, 0.05, -0.05]
    """
    f = np.asarray(frequency, np.float64)
    return np.asarray(f - np.round(f * stride) / stride)


def folds(frequency: Any, stride: int) -> NDArray[np.bool_]:
    """Whether waves (..., 2), in cycles a pixel along y and x, come back as others.

    >>> folds([[0.25, 0.0], [0.0, 0.26]], 2).tolist()
    [False, True]
    """
    return np.asarray((np.abs(frequency) > 1 / (2 * stride) + _SLACK).any(axis=-1))


def power(weights: NDArray[Any], size: int = IMAGE) -> Array:
    """(C, size, size) ``|W(f)|^2`` of filters (C, c, kh, kw), summed over the input channels.

    On a grid of ``size`` frequencies along each axis, zero first, finer than a kernel's own bins:
    these are what a filter answers to waves of any length.

    >>> power(np.ones((1, 1, 1, 1)), 4).max()
    np.float64(1.0)
    """
    found = np.empty((len(weights), size, size))
    for one, filters in zip(found, np.asarray(weights, np.float64), strict=True):
        with np.errstate(invalid="ignore", over="ignore"):
            part = np.fft.fft2(filters, (size, size))
        one[:] = (np.square(part.real) + np.square(part.imag)).sum(axis=0)
    return found


def response(weights: NDArray[Any], size: int = IMAGE) -> Array:
    """(C, size, size) power of what filters answer to photographs, ``|W(f)|^2 / |f|^2``.

    As `power`, and zero frequency is left out (0): a level has no place that could be sampled
    wrongly. The input channels are added up as if they were independent.

    >>> found = response(np.ones((1, 1, 1, 1)), 4)[0]
    >>> found[0].tolist()
    [0.0, 16.0, 4.0, 16.0]
    """
    square = np.square(_grid(size)).sum(axis=-1)
    fall = np.divide(1.0, square, out=np.zeros_like(square), where=square > 0)
    return np.asarray(power(weights, size) * fall)


def alias_share(weights: NDArray[Any], stride: int, size: int = IMAGE) -> Array:
    """(C,) share of each filter's `response` that a stride folds onto lower frequencies.

    0 at stride 1. NaN for filters of zeros alone, or not finite.

    >>> share = [float(alias_share(np.ones((1, 1, 1, 1)), s)[0]) for s in (1, 2, 4)]
    >>> share[0] == 0 < share[1] < share[2] < 1
    True
    """
    answer = response(weights, size)
    over = answer[:, folds(_grid(size), stride)].sum(axis=1)
    return _over(over, answer.sum(axis=(1, 2)))


@dataclass(frozen=True)
class Tuning:
    """The wave that each filter prefers, and what a lattice makes of it."""

    frequency: Array
    """(C, 2) in cycles a pixel along y and x; NaN for a filter of zeros alone, or not finite."""
    alias: Array
    """(C, 2) the same after sampling."""
    folded: NDArray[Any]
    """(C,) bool: whether the two differ."""


def tuning(weights: NDArray[Any], stride: int, size: int = IMAGE) -> Tuning:
    """The wave of equal contrast that each filter answers most, and its alias.

    Where its `power` is largest. In photographs an octave holds as much as the next, so that on an
    axis of octaves that is also where a filter's response to them is largest.

    >>> bars = np.cos(2 * np.pi * 0.375 * np.arange(32)) * np.ones((32, 1))
    >>> found = tuning(bars[None, None], 2)
    >>> bool(found.folded[0]), found.alias[0].round(3).tolist()
    (True, [0.0, -0.125])
    """
    rows = size // 2 + 1  # the rest is the same, mirrored
    half = power(weights, size)[:, :rows].reshape(len(weights), -1)
    known = np.asarray(np.isfinite(half).all(axis=1) & (half > 0).any(axis=1))
    place = np.where(known, np.nan_to_num(half).argmax(axis=1), 0)
    waves = _grid(size)[:rows].reshape(-1, 2)
    frequency = np.asarray(np.where(known[:, None], waves[place], np.nan))
    return Tuning(frequency, alias_frequency(frequency, stride), folds(frequency, stride))


def in_next(weights: NDArray[Any], tuned: Tuning, lattice: int) -> tuple[float, float]:
    """Energy of the next layer's filters where the aliases of the first layer's lie.

    Args:
        weights: (D, C, kh, kw) of the next convolution, over the first's C channels.
        tuned: of the first layer's filters.
        lattice: pixels between the cells that it reads; more than the stride where there is a pool
            between, which samples once more.

    Returns:
        Over white noise, as `at_frequency`: of the kernels that read a folded channel, at its
        alias, and of the others at the same frequencies, as the control. NaN where no channel is
        folded, or the kernels have no space; the control alone where every one is.
    """
    planes = np.swapaxes(np.asarray(weights, np.float64), 0, 1)
    places = alias_frequency(tuned.frequency, lattice) * lattice
    folded = np.flatnonzero(tuned.folded).tolist()
    known = np.isfinite(tuned.frequency).all(axis=1)
    others = planes[np.logical_not(tuned.folded) & known]
    if not folded or planes[0, 0].size == 1:
        return float("nan"), float("nan")
    here = at_frequency(planes[folded], places[folded])
    there = [at_frequency(others, np.repeat(places[[c]], len(others), 0)) for c in folded]
    return mean_known(here), mean_known(np.array(there))


def at_frequency(pictures: NDArray[Any], frequency: NDArray[Any]) -> Array:
    """(n,) energy of pictures (n, c, h, w) at one frequency each, over that of white noise.

    ``frequency`` (n, 2) in cycles a cell along y and x, any, not only those of bins:
    ``sum_c |sum_yx p e^{-2 pi i (f y + g x)}|^2 / sum p^2``. 1 is expected of white noise, ``h w``
    is the most there is. NaN where there is no energy, or a number is not finite.

    >>> wave = np.cos(2 * np.pi * 0.25 * np.arange(8))[None, None, None]
    >>> at_frequency(wave, np.array([[0.0, 0.25]])).round(9).tolist()
    [4.0]
    """
    planes = np.asarray(pictures, np.float64)
    y, x = (np.arange(size) for size in planes.shape[2:])
    down = np.exp(-2j * np.pi * frequency[:, :1] * y)
    along = np.exp(-2j * np.pi * frequency[:, 1:] * x)
    wave = np.einsum("nchw,nh,nw->nc", planes, down, along)
    return _over(np.square(np.abs(wave)).sum(axis=1), np.square(planes).sum(axis=(1, 2, 3)))


def grid_energy(pictures: NDArray[Any], period: int) -> Array:
    """(n,) share of pictures' variance that repeats every ``period`` cells along y and x.

    A transposed convolution of stride ``s`` draws what it is given on a lattice of ``s`` pixels,
    and where the filters do not smooth that over, the lattice is seen: power at the multiples of
    ``1 / s``. It is the variance between the ``s * s`` places of a period, each channel by itself,
    over all variance; where the sides are multiples of the period, exactly the energy at those
    frequencies. White noise, in which nothing repeats, has ``(s^2 - 1) / (h w - 1)``. NaN for a
    constant picture, one smaller than two periods, or not finite.

    >>> board = (np.indices((6, 6)).sum(axis=0) % 2)[None, None]
    >>> grid_energy(board, 2).tolist(), grid_energy(np.arange(36.0).reshape(1, 1, 6, 6), 1).tolist()
    ([1.0], [0.0])
    """
    planes = np.asarray(pictures, np.float64)
    count, _, height, width = planes.shape
    if min(height, width) < 2 * period:
        return np.full(count, np.nan)
    level = planes.mean(axis=(2, 3), keepdims=True)
    total = np.square(planes - level).sum(axis=(1, 2, 3))
    between = np.zeros(count)
    for y in range(period):
        for x in range(period):
            cells = planes[:, :, y::period, x::period]
            apart = cells.mean(axis=(2, 3)) - level[:, :, 0, 0]
            between += cells[0, 0].size * np.square(apart).sum(axis=1)
    return _over(between, total)


def _grid(size: int) -> Array:
    """(size, size, 2) frequencies along y and x, in cycles a pixel."""
    waves = np.fft.fftfreq(size)
    return np.stack(np.meshgrid(waves, waves, indexing="ij"), axis=-1)


def _over(part: Array, whole: Array) -> Array:
    known = np.isfinite(whole) & (whole > 0)
    return np.where(known, part, np.nan) / np.where(known, whole, 1.0)
