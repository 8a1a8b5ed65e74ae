"""The twin: a copy of a network whose weights are shuffled, for pictures that show chance.

Source: Adebayo et al. 2018, "Sanity Checks for Saliency Maps", sec. 3.1: a picture that stays the
same when the weights are random does not show what the network has learnt. Shuffled within each
tensor, the weights keep their sizes. The signs of filters are drawn anew: trained ones lean to the
negative, and shuffled alone they would leave nearly every rectifier silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from convscope.errors import AddressError, TwinError, nearest
from convscope.net.net import Net

State = tuple[int, ...]
_KEPT: WeakKeyDictionary[Net, tuple[State, int, Net]] = WeakKeyDictionary()
"""Of each network the last whole twin, which every method asks for in turn."""


def twin(net: Net, seed: int = 0, layers: Sequence[str] | None = None) -> Net:
    """Copy a network and shuffle the weights of all its modules, or of the named ones.

    Buffers (the statistics of BatchNorm) stay as they are, hooks that are no part of the network
    are left behind, and nothing of the network or of the random state changes.

    Args:
        net: the network.
        seed: of the shuffle.
        layers: modules or parameters by name, each with everything beneath it; an empty list
            gives a plain copy.

    Raises:
        AddressError: no module of that name has weights.
        TwinError: the network cannot be copied, or it has no weights that differ.

    >>> from convscope.preprocess import Preprocessing
    >>> one = Net(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), Preprocessing((8, 8), None))
    >>> other = twin(one)
    >>> torch.equal(other.module[0].weight, one.module[0].weight)
    False
    >>> kept = [net.module[0].weight.abs().flatten().sort().values for net in (one, other)]
    >>> torch.equal(*kept)
    True
    """
    if layers is not None:
        return _made(net, seed, layers)
    state = _state(net.module)
    kept = _KEPT.get(net)
    if kept is None or kept[:2] != (state, seed):
        kept = _KEPT[net] = (state, seed, _made(net, seed, None))
    return kept[2]


def _made(net: Net, seed: int, layers: Sequence[str] | None) -> Net:
    copy = copied(net)
    owned = dict(_parameters(copy.module, layers))
    if not _shuffle(owned.values(), seed) and layers is None:
        raise TwinError(
            "This network has no weights that can be shuffled (no parameters, or all of a tensor "
            "alike), so its twin would be itself. Ask without the twin: sanity=False, --no-sanity."
        )
    return copy


def _state(module: nn.Module) -> State:
    """Changes when a tensor is written into or an attribute set anew: then a kept twin is old."""
    tensors = (*module.parameters(), *module.buffers())
    written = (number for t in tensors for number in (t.data_ptr(), t._version))
    return (*written, *(id(value) for part in module.modules() for value in vars(part).values()))


def copied(net: Net) -> Net:
    """A copy that shares nothing with the network, in evaluation mode, without its hooks.

    Raises:
        TwinError: a part of it cannot be copied.
    """
    with net.hosted():
        try:
            module = deepcopy(net.module, _kept_results(net.module))
        except Exception as error:
            raise TwinError(
                f"This network cannot be copied ({type(error).__name__}: {error}), so it has no "
                "twin. Keep no open files, locks or lists of results in it, or ask without the "
                "twin: sanity=False, --no-sanity."
            ) from error
        _check_own(net.module, module)
        for part in module.modules():
            part.training = False
            _drop_hooks(part)
        for parameter in module.parameters():
            parameter.grad = None
    return Net(
        module,
        net.preprocessing,
        labels=net.labels,
        spec=net.spec,
        weights=net.weights,
        keys=net.keys,
        scores=net.scores,
    )


def _kept_results(module: nn.Module) -> dict[int, Any]:
    """Copies, by identity, of tensors with a graph: ``deepcopy`` refuses them (old weight norm)."""
    values = (value for part in module.modules() for value in vars(part).values())
    results = [v for v in values if isinstance(v, Tensor) and v.grad_fn is not None]
    return {id(result): result.detach().clone() for result in results}


def _check_own(module: nn.Module, copy: nn.Module) -> None:
    theirs = {parameter.data_ptr() for parameter in module.parameters() if parameter.numel()}
    if any(parameter.data_ptr() in theirs for parameter in copy.parameters()):
        raise TwinError(
            "A copy of this network shares its weights (it says itself how it is copied), so they "
            "cannot be shuffled. Ask without the twin: sanity=False, --no-sanity."
        )


_HOOKS = (
    "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks",
    "_forward_hooks_with_kwargs", "_forward_hooks_always_called", "_forward_pre_hooks_with_kwargs",
)  # fmt: skip


def _drop_hooks(part: nn.Module) -> None:
    """Leave behind what others hung on a module; torch's own hooks (weight norm) belong to it."""
    for kind in _HOOKS:
        hooks: dict[int, Any] = getattr(part, kind, {})
        for key in [key for key, hook in hooks.items() if not _is_torchs(hook)]:
            del hooks[key]


def _is_torchs(hook: Callable[..., Any]) -> bool:
    return type(hook).__module__.startswith("torch.nn.utils.")


def _parameters(
    module: nn.Module, layers: Sequence[str] | None
) -> Iterator[tuple[str, nn.Parameter]]:
    """Parameters by name, of the whole network or beneath the named modules."""
    everything = dict(module.named_parameters(remove_duplicate=False))
    if layers is None:
        yield from module.named_parameters()
        return
    for layer in dict.fromkeys(layers):
        beneath = [name for name in everything if f"{name}.".startswith(f"{layer}.")]
        if not beneath:
            known = list(dict.fromkeys(name.rpartition(".")[0] for name in everything))
            raise AddressError(
                f"No module {layer!r} with weights. {nearest(layer, known)} There are "
                f"{len(known)}.".replace("  ", " ")
            )
        yield from ((name, everything[name]) for name in beneath)


def _shuffle(parameters: Any, seed: int) -> bool:
    """Shuffle each tensor in itself, filters with new signs; whether anything changed."""
    generator = torch.Generator().manual_seed(seed)
    changed = False
    with torch.no_grad():
        for parameter in dict.fromkeys(parameters):
            order = torch.randperm(parameter.numel(), generator=generator)
            fresh = parameter.flatten()[order.to(parameter.device)].view_as(parameter)
            if parameter.dim() > 1:  # no bias, no gain of a normalisation
                signs = torch.randint(0, 2, fresh.shape, generator=generator) * 2 - 1
                fresh = fresh * signs.to(fresh)
            changed |= not torch.equal(fresh, parameter)
            parameter.copy_(fresh)
    return changed


def input_shifted(net: Net, shift: Tensor) -> Net:
    """A copy that subtracts a constant from its input first: its first bias absorbs the shift.

    Source: Kindermans et al. 2019, "The (Un)reliability of Saliency Methods", sec. 2: on shifted
    images it computes what the network computes on plain ones, ``f'(x + c) = f(x)``, also where
    the image is padded with zeros, which a changed bias alone would not give.

    Raises:
        TwinError: a part of the network cannot be copied.
    """
    copy = copied(net)

    def subtract(part: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (args[0] - shift, *args[1:])

    copy.module.register_forward_pre_hook(subtract)
    return copy
