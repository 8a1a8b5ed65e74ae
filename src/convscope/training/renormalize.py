"""Filter renormalization: no filter of a convolution may grow beyond a radius.

Source: Zeiler & Fergus 2013, sec. 3: "we renormalize each filter in the convolutional layers whose
RMS value exceeds a fixed radius of 10^-1 to this fixed radius. This is crucial, especially in the
first layer of the model, where the input images are roughly in the [-128,128] range." Without it a
few filters of the first layer dominate (Fig. 6a).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

SLACK = 5e-7
"""Relative: what rounding leaves above the radius is at it; a second time changes nothing."""

Radii = list[tuple[Tensor, float, Tensor | None]]
"""A convolution's weights, their radius, and what to divide their input channels by for the RMS."""


def radii(
    module: nn.Module, radius: float, scale: Tensor | None = None, first: float | None = None
) -> Radii:
    """The radius of every convolution's filters.

    Args:
        module: the network.
        radius: for inputs of +-128; 0: none.
        scale: what the pixels (0..255) were divided by before they came in, one a channel: a filter
            on divided inputs does what one that much smaller does on the pixels, so the first
            layer's RMS is that of its weights over ``scale``.
        first: the first layer's own radius, of its weights as they are; 0: none.
    """
    convolutions = [part for part in module.modules() if isinstance(part, nn.Conv2d)]
    found: Radii = [(part.weight, radius, None) for part in convolutions]
    if found and first is not None:
        found[0] = (found[0][0], first, None)
    elif found and scale is not None:
        found[0] = (found[0][0], radius, scale.view(1, -1, 1, 1))
    return [one for one in found if one[1]]


@torch.no_grad()
def renormalize(radii: Radii) -> None:
    """Scale every filter above its radius down to it; the rest stays bit for bit.

    A filter is all that one output channel sees, (in, kh, kw). Momentum is not touched.

    >>> conv = nn.Conv2d(1, 2, 1, bias=False)
    >>> _ = conv.weight.data.copy_(torch.tensor([0.05, -0.5]).view(2, 1, 1, 1))
    >>> renormalize([(conv.weight, 0.1, None)])
    >>> [round(value, 3) for value in conv.weight.flatten().tolist()]
    [0.05, -0.1]
    """
    for weight, radius, scale in radii:
        seen = weight if scale is None else weight / scale
        rms = seen.square().mean((1, 2, 3), keepdim=True).sqrt()
        above = rms > radius * (1 + SLACK)
        if above.any():
            weight.mul_(torch.where(above, radius / rms, 1.0))
