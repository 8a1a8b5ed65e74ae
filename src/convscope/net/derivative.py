"""The derivative of a target by the image, under a backward rule, for many images at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice

import torch
from torch import Tensor

from convscope.errors import ForwardError, TraceError
from convscope.net.full import activations, prove, pull, ruled_forward
from convscope.net.net import Net
from convscope.net.rules import Rule
from convscope.net.target import Target

_TOLERANCE = 1e-2
"""Of the largest derivative, for rows of a batch against the same image alone: rounding differs,
and a rectifier near zero may open; what mixes its rows is far off."""


_FORMATS = (torch.channels_last, torch.contiguous_format)
"""Of batches, the faster one on CPUs first; ``x.view(n, -1)`` takes only the other."""


def value_at(
    net: Net, target: Target, batch: Tensor, cell: tuple[int, int] | None = None
) -> tuple[tuple[int, int], float]:
    """The cell of a target on one image (1, c, h, w), the strongest unless given, and its value.

    Raises:
        DataError: a value is not finite.
    """
    tape, number = net.tape(), target.layer.number
    result = activations(net, tape, batch, [number])[number]
    values = target.values(result, tape)[0]
    found = target.strongest(values)
    cell = cell or found
    return cell, float(values[cell])


def derivatives(
    net: Net,
    rule: Rule,
    target: Target,
    cell: tuple[int, int],
    images: Iterable[Tensor],
    *,
    batch: int = 4,
) -> Iterator[tuple[float, Tensor]]:
    """The value of a target in a cell, and its derivative by the image, for one image at a time.

    The backward starts at 1 for the target's value, so the derivative under the rule ``gradient``
    is the true one. ``batch`` images share a forward; those of a network that takes them only one
    by one, or mixes them, do not.

    Args:
        net: the network.
        rule: the backward rule.
        target: a unit, direction or class.
        cell: ``(y, x)`` in the target's layer.
        images: (c, h, w) each.
        batch: how many share a forward.

    Raises:
        RuleError: the rule would give a wrong picture on this network.
        GradientCutError: the gradient does not reach the image.
    """
    pending, route = iter(images), None
    while chunk := list(islice(pending, batch)):
        rows = torch.stack(chunk)
        if route is None:
            prove(net, net.tape(), rule, rows[:1], target.layer.number)
            route = _route(net, rule, target, cell, rows)
        for first in range(0, len(rows), route[0]):
            given = rows[first : first + route[0]].contiguous(memory_format=route[1])
            values, found = _together(net, rule, target, cell, given)
            yield from zip(values.tolist(), found, strict=True)


def _route(
    net: Net, rule: Rule, target: Target, cell: tuple[int, int], rows: Tensor
) -> tuple[int, torch.memory_format]:
    """How many images may share a forward, and in which layout, and still get their own result."""
    if len(rows) > 1:
        alone = _together(net, rule, target, cell, rows[-1:])[1][0]
        for layout in _FORMATS:
            with suppress(ForwardError, TraceError):
                given = rows.contiguous(memory_format=layout)
                shared = _together(net, rule, target, cell, given)[1][-1]
                if bool((shared - alone).abs().max() <= _TOLERANCE * alone.abs().max()):
                    return len(rows), layout
    return 1, torch.contiguous_format


def _together(
    net: Net, rule: Rule, target: Target, cell: tuple[int, int], batch: Tensor
) -> tuple[Tensor, Tensor]:
    """Values (n,) and derivatives (n, c, h, w) of images in one forward."""
    tape, number = net.tape(), target.layer.number
    image, watch = ruled_forward(net, tape, rule, batch, number)
    activation = watch.results[number]
    if activation.shape[tape.ops[number].axes.index("n")] != len(batch):
        raise TraceError(f"{target.layer.name} has not one result for each image of a batch.")
    with torch.enable_grad():
        probe = activation.detach().requires_grad_()
        values = target.values(probe, tape)[(slice(None), *cell)]
        (start,) = torch.autograd.grad(values.sum(), probe)
    return values.detach(), pull(activation, image, start)
