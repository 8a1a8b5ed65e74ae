"""How far a picture drives its unit, as it is and after what no adversarial noise survives."""

from __future__ import annotations

import torch
from torch import Tensor

from convscope.synthesis.objective import Channels, Direction, Objective, Reached, one_a_row
from convscope.synthesis.side import share, shift_px
from convscope.synthesis.transform import blurred

_SIGMA = 0.5
"""The least sigma; 1 at a side of 227."""


def rounded(colors: Tensor) -> Tensor:
    """Colors (n, c, h, w) as 8-bit pixels hold them, on the 0..1 scale."""
    return (colors.clamp(0, 1) * 255).round() / 255


def disturbed(colors: Tensor, side: int) -> Tensor:
    """Shifted down and to the right, blurred, and rounded again.

    By 3 pixels and sigma 1 at a side of 227, and in proportion, but no less than 1 pixel and half a
    pixel.
    """
    return rounded(blurred(shifted(colors, shift_px(side)), share(side, _SIGMA)))


def shifted(colors: Tensor, pixels: int) -> Tensor:
    """Shifted down and to the right, the first rows and columns repeated."""
    rows = torch.arange(colors.shape[2], device=colors.device) - pixels
    columns = torch.arange(colors.shape[3], device=colors.device) - pixels
    return colors[:, :, rows.clamp(min=0)][:, :, :, columns.clamp(min=0)]


def strongest(reached: Reached, objective: Objective) -> Tensor:
    """The strongest cell of each row's unit (n,), as atlases count it."""
    (number,) = objective.numbers
    planes = reached[number]
    if isinstance(objective, Channels):
        rows = torch.arange(len(planes), device=planes.device)
        return planes[rows, one_a_row(objective.channels, planes)].amax((1, 2))
    if isinstance(objective, Direction):
        return objective.maps(planes).amax((1, 2))
    return objective.values(reached)
