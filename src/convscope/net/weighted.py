"""Which modules' weights a layer depends on, in the order in which they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import nn

from convscope.geometry.walk import IMAGE
from convscope.net.net import Net
from convscope.net.tape import Op, Tape

Step = tuple[str, ...]


def weighted_steps(net: Net, number: int) -> tuple[Step, ...]:
    """Names of modules whose weights an op depends on, in steps from the image up.

    A step is one convolution or linear layer with what belongs to it: modules with nothing but
    vectors (normalisations, PReLU, scales) join the step before them. A module that runs several
    times stands where it runs last.

    >>> from convscope.preprocess import Preprocessing
    >>> parts = [nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3)]
    >>> one = Net(nn.Sequential(*parts), Preprocessing((8, 8), None))
    >>> weighted_steps(one, one.tape().layer("3").number)
    (('0', '1'), ('3',))
    """
    tape = net.tape()
    owners = _owners(net.module)
    last = _last_uses(tape, owners, _needed(tape, number))
    steps: list[list[str]] = []
    for name in sorted(last, key=lambda name: last[name]):
        vectors = all(parameter.dim() < 2 for parameter in owners[name])
        if vectors and steps:
            steps[-1].append(name)
        else:
            steps.append([name])
    return tuple(map(tuple, steps))


def _owners(module: nn.Module) -> Mapping[str, list[nn.Parameter]]:
    """Parameters by the module that uses them; one of the root itself by its own name."""
    found: dict[str, list[nn.Parameter]] = {}
    for name, parameter in module.named_parameters():
        owner = name.rpartition(".")[0].split(".parametrizations.")[0]
        found.setdefault(owner.removesuffix(".parametrizations") or name, []).append(parameter)
    return found


def _needed(tape: Tape, number: int) -> Iterator[Op]:
    pending, found = [number], {number}
    while pending:
        op = tape.ops[pending.pop()]
        yield op
        fresh = {source for source in op.inputs if source != IMAGE} - found
        found |= fresh
        pending += fresh


def _last_uses(
    tape: Tape, owners: Mapping[str, list[nn.Parameter]], needed: Iterator[Op]
) -> dict[str, int]:
    """The last op at which each module's weights enter, of those that do."""
    by_identity = {id(p): name for name, owned in owners.items() for p in owned}
    last: dict[str, int] = {}
    for op in needed:
        scope = op.name.split("/")[0].split("@")[0]
        given = (by_identity.get(id(value)) for value in (*op.args, *op.kwargs.values()))
        for name in {scope if scope in owners else None, *given} - {None}:
            last[str(name)] = max(op.number, last.get(str(name), 0))
    return last
