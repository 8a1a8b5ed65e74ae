from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import torch
from torch import nn

from convscope.net.lent import lent
from convscope.net.net import Net
from tests.contract.fingerprint import fingerprint
from tests.net.zoo import conv, fill, glass


def network() -> Net:
    module = fill(nn.Sequential(conv(3, 4), nn.BatchNorm2d(4), nn.ReLU()))
    module.register_forward_hook(lambda part, args, output: None)
    module.train()
    module(torch.zeros(2, 3, 8, 8, dtype=torch.float64)).sum().backward()
    module[0].bias.requires_grad_(False)
    module.own, module.seen = [1, {2}], {"a": 1}
    return glass(module, (8, 8))


def hooks(module: Any) -> None:
    module.register_forward_pre_hook(lambda part, args: None)
    module._forward_hooks.clear()


def parts(module: Any) -> None:
    module[1], module.more = nn.Identity(), nn.ReLU()
    del module[2]


def weights(module: Any) -> None:
    module[0].weight.data.zero_()
    module[0].bias.data = torch.ones_like(module[0].bias)
    module[1].weight = nn.Parameter(torch.ones(4))
    module[1].running_mean += 1


def gradients(module: Any) -> None:
    assert all(p.grad is None for p in module.parameters())
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    module[1].weight.requires_grad_()
    module(torch.ones(2, 3, 8, 8, dtype=torch.float64)).sum().backward()


def attributes(module: Any) -> None:
    module.new, module.training = 1, True
    module.own.append(3)
    module.seen["b"] = 2
    module[0].padding = (5, 5)


@pytest.mark.parametrize("change", [hooks, parts, weights, gradients, attributes])
@pytest.mark.parametrize("failure", [None, ValueError(), KeyboardInterrupt()])
def test_whatever_is_done_to_it_is_undone(change: Any, failure: BaseException | None) -> None:
    net = network()
    before, own = fingerprint(net.module), dict(vars(net.module[0]))  # type: ignore[index,arg-type]
    changed = False
    with suppress(ValueError, KeyboardInterrupt), lent(net) as module:
        assert module is net.module
        assert not module.training
        change(module)
        changed = fingerprint(module) != before
        if failure is not None:
            raise failure
    assert changed
    assert fingerprint(net.module) == before
    assert vars(net.module[0]) == own  # type: ignore[index,arg-type]
    assert net.module.own == [1, {2}]
    assert net.module.seen == {"a": 1}
