"""What the same network would be without training: as it starts, and with its weights shuffled.

A measure says that a layer is trained only where it differs from both. The start is what the
network's own code draws (``reset_parameters`` of its modules). The shuffle keeps every weight of a
tensor and loses only their places, so what it changes is structure and not size.
"""

from __future__ import annotations

import torch
from torch import nn

from convscope.net.net import Net
from convscope.net.twin import copied


def initialized(net: Net, seed: int = 0) -> tuple[Net, tuple[str, ...]]:
    """A copy as its modules start, and the parameters that no module knows how to start.

    The network and the random state are as before.

    Raises:
        TwinError: the network cannot be copied.

    >>> from convscope.net.intake import load
    >>> start, unknown = initialized(load("bundled:photos", device="cpu"))
    >>> unknown
    ()
    """
    copy, known = copied(net), set[str]()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for name, module in copy.module.named_modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
                owned = module.named_parameters(recurse=False)
                known |= {f"{name}.{own}".lstrip(".") for own, _ in owned}
    names = tuple(name for name, _ in copy.module.named_parameters() if name not in known)
    return copy, names


def shuffled(net: Net, seed: int = 0) -> Net:
    """A copy with the weights of every tensor of two or more axes in a random order.

    Biases, and gains and statistics of normalizations, stay: they are levels and not patterns.

    Raises:
        TwinError: the network cannot be copied.

    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> torch.equal(shuffled(net).module.conv1.bias, net.module.conv1.bias)
    True
    """
    copy = copied(net)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in copy.module.parameters():
            if parameter.dim() > 1:
                _shuffle(parameter, generator)
    return copy


def _shuffle(parameter: nn.Parameter, generator: torch.Generator) -> None:
    order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
    parameter.copy_(parameter.flatten()[order].view_as(parameter))
