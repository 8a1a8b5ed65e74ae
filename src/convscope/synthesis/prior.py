"""What is taken from an objective so that pictures look like images: range and variation.

With ``x`` the pixels less the mean, in 0..255 units:

- ``R_alpha(x) = sum |x|^alpha``: with a large alpha, pixels keep to a range;
- ``R_V(x) = sum (dy^2 + dx^2)^(beta/2)``, with differences of neighbors that are zero beyond the
  last row and column: total variation; with beta 2 without the spikes that beta 1 leaves.

Both are brought to one scale, ``(|x| / B)^alpha`` and ``(|d| / V)^beta`` on average over all
values, so that weights mean the same for every size of image.

Source: Mahendran & Vedaldi 2015, sec. 3, eq. 3-4, and "Balancing the different terms".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

_FLAT = 1e-10
"""Least sum of squared differences, where a power below 1 has no slope."""


@dataclass(frozen=True)
class Prior:
    """The two regularizers, each with its weight.

    >>> prior = Prior(np.array([0.5]), 6.0, 100.0, 1.0, 2.0, 100.0, 1.0)
    >>> prior(torch.full((1, 1, 4, 4), 0.5 + 100 / 255)).round(decimals=4).tolist()
    [1.0]
    """

    mean: NDArray[np.float64]
    """(c,) color on the 0..1 scale, from which pixels are counted."""
    alpha: float
    range_px: float
    """B: pixels of this size cost the weight."""
    range_weight: float
    beta: float
    variation_px: float
    """V: differences of this size cost the weight."""
    variation_weight: float

    def __call__(self, colors: Tensor) -> Tensor:
        """From colors (n, c, h, w) on the 0..1 scale to (n,), in float64."""
        pixels = 255 * (colors - colors.new_tensor(self.mean)[:, None, None])
        count = pixels[0].numel()
        found = torch.zeros(len(pixels), device=pixels.device, dtype=torch.float64)
        if self.range_weight:
            found = found + self.range_weight / count * norm(pixels / self.range_px, self.alpha)
        if self.variation_weight:
            share = pixels / self.variation_px
            found = found + self.variation_weight / count * variation(share, self.beta)
        return found


def norm(x: Tensor, alpha: float) -> Tensor:
    """``sum |x|^alpha`` of each row of (n, c, h, w), (n,)."""
    return x.abs().pow(alpha).flatten(1).sum(1).double()


def variation(x: Tensor, beta: float) -> Tensor:
    """``sum (dy^2 + dx^2)^(beta/2)`` of each row of (n, c, h, w), (n,)."""
    dy, dx = F.pad(x.diff(dim=2), (0, 0, 0, 1)), F.pad(x.diff(dim=3), (0, 1))
    squares = (dy.pow(2) + dx.pow(2)).clamp(min=_FLAT)
    return squares.pow(beta / 2).flatten(1).sum(1).double()
