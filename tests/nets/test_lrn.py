"""The quick normalisation is PyTorch's, and one op to whoever watches."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from convscope.net.net import Net
from convscope.net.rules import Rule, RuleName
from convscope.nets.lrn import ResponseNorm, local_response_norm
from tests.net.oracles import full, gap
from tests.net.zoo import conv, fill, glass, photograph
from tests.twins.deconvnet import response_norm

CONSTANTS = dict(alpha=0.7, beta=0.6, k=1.5)


@pytest.mark.parametrize("maps", [1, 3, 8])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7])
def test_it_is_pytorchs_and_the_formula(size: int, maps: int) -> None:
    x = torch.randn(2, maps, 3, 4, dtype=torch.float64)
    mine = local_response_norm(x, size, **CONSTANTS)
    torch.testing.assert_close(
        mine, F.local_response_norm(x, size, **CONSTANTS), rtol=1e-14, atol=0
    )
    slow, _ = response_norm(nn.LocalResponseNorm(size, **CONSTANTS), x[0].numpy())
    torch.testing.assert_close(mine[0], torch.from_numpy(slow), rtol=1e-14, atol=0)


def test_its_slope_is_pytorchs() -> None:
    x = torch.randn(2, 7, 3, 4, dtype=torch.float64, requires_grad=True)
    seed = torch.randn_like(x)
    (mine,) = torch.autograd.grad(local_response_norm(x, 5, **CONSTANTS), x, seed)
    (other,) = torch.autograd.grad(F.local_response_norm(x, 5, **CONSTANTS), x, seed)
    torch.testing.assert_close(mine, other, rtol=1e-12, atol=1e-13)
    assert torch.autograd.gradcheck(lambda t: local_response_norm(t, 5, **CONSTANTS), x)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_no_bit_of_it_depends_on_how_many_fours_are_in_a_batch(
    memory_format: torch.memory_format,
) -> None:
    x = torch.randn(32, 48, 9, 9).to(memory_format=memory_format)
    whole = local_response_norm(x, 5, alpha=2.0)
    for size in (4, 8, 12, 16):
        parts = [local_response_norm(part, 5, alpha=2.0) for part in x.split(size)]
        assert torch.equal(torch.cat(parts), whole), size


def test_a_map_that_is_not_finite_reaches_its_neighbors_alone() -> None:
    x = torch.ones(1, 9, 1, 1)
    x[0, 4] = torch.nan
    made = local_response_norm(x, 5).flatten().isnan().nonzero().flatten().tolist()
    assert made == [2, 3, 4, 5, 6]


def _nets() -> list[Net]:
    """The same network with PyTorch's layer and with ours."""

    def built(norm: type[nn.LocalResponseNorm]) -> Net:
        first = [conv(3, 6), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), norm(5, alpha=2.0)]
        return glass(fill(nn.Sequential(*first, conv(6, 4), nn.ReLU())), (14, 15))

    return [built(nn.LocalResponseNorm), built(ResponseNorm)]


def test_on_the_tape_it_is_one_op_of_its_kind() -> None:
    pytorchs, ours = (net.tape() for net in _nets())
    assert [op.kind for op in ours.ops] == "conv relu max_pool lrn conv relu".split()
    assert [(op.kind, op.bound) for op in ours.ops if op.kind == "lrn"] == [
        (op.kind, op.bound) for op in pytorchs.ops if op.kind == "lrn"
    ]
    assert [layer.name for layer in ours.layers] == [layer.name for layer in pytorchs.layers]


@pytest.mark.parametrize("lrn", ["pass", "derivative"])
@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
def test_every_rule_draws_what_it_draws_of_pytorchs(rule: RuleName, lrn: Any) -> None:
    pytorchs, ours = _nets()
    drawn = [
        full(net, net.tape(), photograph(net), "5", channel, (1, 2), Rule(rule, lrn=lrn))
        for channel in range(4)
        for net in (pytorchs, ours)
    ]
    assert any(picture.any() for picture in drawn)
    assert max(map(gap, drawn[::2], drawn[1::2])) < 1e-12
