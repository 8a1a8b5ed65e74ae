"""Whether the images of a batch leave each other alone, so that they may share a forward."""

from __future__ import annotations

import torch

from convscope.errors import ForwardError, TraceError
from convscope.net.full import activations
from convscope.net.net import Net


def is_apart(net: Net, number: int) -> bool:
    """Whether two images of one batch get the results they get alone, up to rounding.

    They do not where a normalization takes its statistics from the batch in evaluation too
    (``track_running_stats=False``), where dropout draws although nothing is trained, or where the
    network takes only one image. Two images of noise are looked at once for each op.

    >>> from torch import nn
    >>> from convscope.preprocess import Preprocessing
    >>> norms = nn.BatchNorm2d(4), nn.BatchNorm2d(4, track_running_stats=False)
    >>> modules = [nn.Sequential(nn.Conv2d(3, 4, 3), norm) for norm in norms]
    >>> [is_apart(Net(module, Preprocessing((8, 8), None)), 1) for module in modules]
    [True, False]
    """
    of = id(net.tape())
    known, mixed = (net.proofs.setdefault((word, of), set()) for word in ("apart", "mixed"))
    if number not in known | mixed:
        (known if _agree(net, number) else mixed).add(number)
    return number in known


def _agree(net: Net, number: int) -> bool:
    tape, op = net.tape(), net.tape().ops[number]
    if "n" not in op.axes:
        return False
    drawn = torch.Generator().manual_seed(0)
    noise = torch.randn((2, *net.input_shape[1:]), generator=drawn).to(net.device, net.dtype)
    noise[0] *= 2  # images alike would hide that their means are mixed
    try:
        both = activations(net, tape, noise, [number])[number]
        ones = [activations(net, tape, row[None], [number])[number] for row in noise]
    except (ForwardError, TraceError):
        return False
    alone = torch.cat(ones, op.axes.index("n"))
    if both.shape != alone.shape:
        return False
    far = (both - alone).abs().max()
    return bool(far <= torch.finfo(net.dtype).eps ** 0.5 * alone.abs().max())
