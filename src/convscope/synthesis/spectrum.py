"""Half spectra of real images, (..., h, w // 2 + 1), as ``rfft2`` gives them.

In the first column, and in the last of an even width, every coefficient has its mirror image among
the others: a real image has its conjugate there. What breaks this, transforms back on CPUs and
accelerators read differently, so the columns are made whole before.
"""

from __future__ import annotations

import torch
from torch import Tensor


def symmetric(spectrum: Tensor, width: int) -> Tensor:
    """The spectrum of the real part of what a spectrum means.

    >>> rough = torch.tensor([[1 + 1j], [2 + 0j], [4j]])
    >>> symmetric(rough, 1).flatten().tolist()
    [(1+0j), (1-2j), (1+2j)]
    """
    rows = torch.arange(spectrum.shape[-2], device=spectrum.device)
    mirrored = spectrum[..., -rows % len(rows), :].conj()
    return torch.where(_is_own(spectrum, width), (spectrum + mirrored) / 2, spectrum)


def odd(phases: Tensor, width: int) -> Tensor:
    """Phases of a real image: each the negative of its mirror image's, so that they leave the
    magnitude as it is.

    >>> odd(torch.tensor([[1.0], [2.0], [4.0]]), 1).flatten().tolist()
    [0.0, 2.0, -2.0]
    """
    height = phases.shape[-2]
    rows = torch.arange(height, device=phases.device)
    upper = torch.minimum(rows, -rows % height)
    sign = torch.sign(height - 2 * rows) * (rows > 0)
    return torch.where(_is_own(phases, width), phases[..., upper, :] * sign[:, None], phases)


def _is_own(half: Tensor, width: int) -> Tensor:
    """Which columns hold their own mirror images."""
    columns = torch.arange(half.shape[-1], device=half.device)
    return (columns == 0) | (2 * columns == width)
