"""The optimizer, and what is done to the first layer alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from convscope.training.options import TrainOptions

BRIGHT, FAINT = 2.0, 0.3
"""Power of patches (of inputs of unit deviation) above and below which directions are damped."""


def make_optimizer(
    module: nn.Module, first: nn.Conv2d, options: TrainOptions
) -> torch.optim.Optimizer:
    """SGD with momentum, or AdamW; the first convolution's weights are a group of their own."""
    rest = [p for p in module.parameters() if p is not first.weight and p.requires_grad]
    decay = options.decay if options.first_decay is None else options.first_decay
    groups = [
        {"params": [first.weight], "times": options.first_rate, "weight_decay": decay},
        {"params": rest, "times": 1.0, "weight_decay": options.decay},
    ]
    if options.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=options.rate)
    return torch.optim.SGD(groups, lr=options.rate, momentum=options.momentum)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give every group its rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["times"]


def whitener(inputs: Tensor, kernel: tuple[int, int]) -> Tensor:
    """What damps the directions of a first layer's gradient whose power drowns edges.

    Source: the idea of Olshausen & Field 1997, sec. 2: brightness has a hundred times the power of
    an edge and would leave flat filters, while faint, pixel-sized directions only bring noise.

    Args:
        inputs: of the network, (n, c, h, w), about unit deviation.
        kernel: (height, width) of the first layer's filters.

    Returns:
        A symmetric (c kh kw, c kh kw).
    """
    patches = nn.functional.unfold(inputs, kernel, stride=3).transpose(1, 2).flatten(0, 1)
    power, directions = torch.linalg.eigh(patches.T.cov())
    gain = power / (power + FAINT) * (1 + power / BRIGHT).rsqrt()
    filter: Tensor = directions * gain @ directions.T
    return filter


def whiten(weight: Tensor, filter: Tensor) -> None:
    """Pass the gradient of a first layer's weights through a filter."""
    if weight.grad is not None:
        weight.grad = (weight.grad.flatten(1) @ filter).view_as(weight)
