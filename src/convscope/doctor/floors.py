"""What the same network would be without training: as it starts, and with its weights shuffled.

A measure says that a layer is trained only where it differs from both. The start is what the
network was trained from where that is known, a run's epoch 0; else what its own code draws
(``reset_parameters`` of its modules). The shuffle keeps every weight of a
tensor and loses only their places, so what it changes is structure and not size.
"""

from __future__ import annotations

import torch
from torch import nn

from convscope.checkpoints import start_beside
from convscope.net.fit import fit
from convscope.net.net import Net
from convscope.net.twin import copied
from convscope.net.weights import read_weights


def initialized(net: Net, seed: int = 0) -> tuple[Net, tuple[str, ...]]:
    """A copy as it started, and the parameters of which that is not known.

    Of a checkpoint of a run this is the run's own start; else its modules start anew, and know how
    to start most parameters. The network and the random state are as before.

    Raises:
        TwinError: the network cannot be copied.
        IntakeError: the run's start cannot be read.

    >>> from convscope.net.intake import load
    >>> start, unknown = initialized(load("bundled:photos", device="cpu"))
    >>> unknown
    ()
    """
    copy, start = copied(net), start_beside(net.weights)
    if start is None:
        return copy, _start_anew(copy, seed)
    fit(copy.module, read_weights(start), str(net.spec))
    return copy, ()


def start_words(net: Net) -> str:
    """Which start that is, as the page names it.

    >>> from convscope.net.intake import load
    >>> start_words(load("bundled:photos", device="cpu"))
    'started anew'
    """
    return "started anew" if start_beside(net.weights) is None else "epoch 0 of its run"


def _start_anew(copy: Net, seed: int) -> tuple[str, ...]:
    """Draw what modules know how to; the names of the other parameters."""
    known = set[str]()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for name, module in copy.module.named_modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
                owned = module.named_parameters(recurse=False)
                known |= {f"{name}.{own}".lstrip(".") for own, _ in owned}
    return tuple(name for name, _ in copy.module.named_parameters() if name not in known)


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
