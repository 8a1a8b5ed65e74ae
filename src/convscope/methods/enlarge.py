"""A map of cells in pixels of the input."""

from __future__ import annotations

import torch
from torch import Tensor


def enlarged(cells: Tensor, size: tuple[int, int]) -> Tensor:
    """A map (h, w) in pixels (H, W): bilinear between the cells' centers, flat beyond the last.

    >>> enlarged(torch.tensor([[0.0, 4.0]]), (1, 4)).tolist()
    [[0.0, 1.0, 3.0, 4.0]]
    """
    return torch.nn.functional.interpolate(
        cells[None, None], size, mode="bilinear", align_corners=False
    )[0, 0]
