"""An image from its code: of each layer, a picture that the layer answers as it does the image.

With ``Phi0`` what a layer makes of the image, and ``x`` a picture's pixels less the mean:

``x* = argmin |Phi(x) - Phi0|^2 / |Phi0|^2 + R_alpha(x) + R_V(x)``, from noise.

``R_alpha``, the sum of ``|x|^6``, keeps pixels to a range; ``R_V`` is the total variation with beta
2, the sum of ``dx^2 + dy^2``. Both are weighed as in the published program, the variation by how
much of the input a cell of the layer sees: lambda 1, 10, 100, as there for AlexNet's layers.
Gradient descent with momentum 0.9, in units of the norm of natural images: 400 steps at 0.004, then
a tenth and a hundredth of it; where that diverges, at a quarter of it. The code of the input is its
pixels less the mean; it leaves nothing open, so nothing is added there.

``fourier`` minimises the same by Adam over Fourier coefficients scaled by 1/f (Olah et al. 2017),
256 steps: so smoothness lies in what is climbed, and the variation is weighed slightly (lambda 0.3)
at every depth. Where a cell sees a quarter of the input or more, colors vary together.

Source: Mahendran & Vedaldi 2015 ("Understanding deep image representations by inverting them"),
sec. 3, eq. 1-5; weights and schedule as in their program (deep-goggle, experiment_cnn.m).

Shows: a picture that the layer answers nearly as it answers the image.
Does not show: what the network makes of it: other pictures have the same code.
Easily misread: blur may be the regulariser's choice; the error says how near the code is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.images.image import Image
from convscope.methods.invert_layer import pose
from convscope.methods.invert_note import note
from convscope.methods.invert_recipe import rate_of, steps_of_kind
from convscope.methods.inverted import Inverted
from convscope.methods.options.invert import InvertOptions
from convscope.methods.provenance import provenance
from convscope.net.capture import choose
from convscope.net.net import Net
from convscope.progress import Progress, silent
from convscope.results.inversion import Inversion
from convscope.results.layer import Layer
from convscope.synthesis.climb import steps_of

INPUT = "input"
_USUAL = 8
"""Layers that are inverted beside the input unless told otherwise."""


def invert(
    net: Net,
    image: Image,
    layers: Sequence[str] | None = None,
    options: InvertOptions | None = None,
    *,
    progress: Progress = silent,
) -> Inversion:
    """Rebuild an image from its code at some layers.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`).
        layers: names and patterns (``features.*``), ``input`` for the image itself; None: the input
            and 8 of the default layers, evenly spread.
        options: how.
        progress: hears of steps done.

    Returns:
        A picture of each layer and start, with how far its code and pixels are from the image's.

    Raises:
        AddressError: a pattern matches nothing.
        DataError: the image does not fit, or a layer is not finite on it.
        RuleError: no gradient reaches the image.

    >>> from convscope.images.read import read
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> pixels = np.random.default_rng(0).integers(0, 255, (72, 72, 3)).astype(np.uint8)
    >>> invert(net, read(pixels, net.preprocessing), ["input"]).psnr.min() > 40
    np.True_
    """
    options = options or InvertOptions()
    batch, original = net.one(image), net.preprocessing.invert(image.array)
    with net.hosted():
        chosen = _chosen(net, layers)
        rows = [_solved(net, batch, chosen, i, options, progress) for i in range(len(chosen))]
    names = tuple(INPUT if layer is None else layer.name for layer in chosen)
    empty = Inverted.nothing(options.starts, original.shape, steps_of_kind(options))
    found = [row or empty for row in rows]
    pictures = np.stack([row.pictures for row in found])
    distance = np.where([[row is None] for row in rows], np.nan, _rms(pictures, original))
    return Inversion(
        original=original,
        pictures=pictures,
        layers=names,
        error=np.stack([row.error for row in found]),
        curve=np.stack([row.curve for row in found]),
        psnr=_decibel(distance),
        pixel_error=distance,
        spread=_spread(pictures, distance),
        lr=np.stack([row.lr for row in found]),
        stopped=np.stack([row.stopped for row in found]),
        note=note(names, rows, rate_of(options)),
        provenance=provenance("invert", net, image, options),
    )


def _chosen(net: Net, layers: Sequence[str] | None) -> list[Layer | None]:
    """The layers asked for in execution order; None is the input, which is first."""
    if not layers:
        known = choose(net)
        places = np.linspace(0, len(known) - 1, min(_USUAL, len(known))).round().astype(int)
        return [None, *(known[place] for place in places.tolist())]
    others = [name for name in layers if name != INPUT]
    found = choose(net, others) if others else ()
    return [*([None] if INPUT in layers else []), *found]


def _solved(
    net: Net,
    batch: Tensor,
    chosen: Sequence[Layer | None],
    place: int,
    options: InvertOptions,
    progress: Progress,
) -> Inverted | None:
    """The pictures of one layer; None where all of it is zero."""
    layer = chosen[place]
    problem = pose(net, layer, batch, options)
    if problem is None:
        return None
    steps, starts = steps_of_kind(options), options.starts
    total, before = len(chosen) * starts * steps, place * starts * steps
    what = f"inverting {INPUT if layer is None else layer.name}"
    return Inverted.joined(
        problem.solve(seeds, steps_of(progress, before + at * steps, total, what, len(seeds)))
        for at, seeds in _batches(options)
    )


def _batches(options: InvertOptions) -> Iterator[tuple[int, list[int]]]:
    """How many starts came before, and the next ones' seeds."""
    for at in range(0, options.starts, options.batch):
        last = min(at + options.batch, options.starts)
        yield at, [options.seed + i for i in range(at, last)]


def _rms(pictures: NDArray[np.uint8], original: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(L, starts) from (L, starts, H, W, c)."""
    squares = np.square(pictures.astype(np.float64) - original)
    found: NDArray[np.float64] = np.sqrt(squares.mean((2, 3, 4)))
    return found


def _decibel(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """PSNR of root mean square differences; infinite for none at all."""
    with np.errstate(divide="ignore"):
        found: NDArray[np.float64] = 20 * np.log10(255 / distance)
    return found


def _spread(pictures: NDArray[np.uint8], distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """(L,), nan where there is but one start, or no code."""
    if pictures.shape[1] == 1:
        return np.full(len(pictures), np.nan)
    variance = pictures.astype(np.float64).var(axis=1).mean((1, 2, 3))
    found: NDArray[np.float64] = np.where(np.isnan(distance[:, 0]), np.nan, np.sqrt(variance))
    return found
