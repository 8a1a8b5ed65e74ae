"""Networks with treacherous habits are drawn right: each beside a plain twin that has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.net.full import activations
from convscope.net.net import Net
from convscope.net.rules import Rule, RuleName
from tests.net.oracles import full, gap
from tests.net.zoo import Forward, NextBlock, Shuffle, conv, fill, glass, photograph

RULES: list[RuleName] = ["deconvnet", "guided", "gradient"]
Way = Callable[[Any, Tensor], Tensor]


def _parts() -> dict[str, nn.Module]:
    return {
        **{"one": conv(3, 4), "two": conv(4, 4, padding=1), "three": conv(4, 4, padding=1)},
        **{"bn": nn.BatchNorm2d(4), "relu": nn.ReLU(), "relu_": nn.ReLU(inplace=True)},
        **{"other": nn.ReLU(), "prelu": nn.PReLU(4)},
    }


def _net(forward: Way) -> Net:
    return glass(fill(Forward(forward, **_parts())), (13, 15))


def _last(net: Net, rule: Rule, channel: int = 1, cell: tuple[int, int] = (4, 5)) -> Tensor:
    tape = net.tape()
    return full(net, tape, photograph(net), tape.layers[-1].number, channel, cell, rule)


def _check(way: Way, twin: Way, rule: RuleName) -> None:
    one, other = _net(way), _net(twin)
    for channel in range(4):
        mine = _last(one, Rule(rule), channel)
        assert gap(mine, _last(other, Rule(rule), channel)) < 1e-12
    assert bool(mine.any())


# -- in place -----------------------------------------------------------------------------------
def _preactivation(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    y = m.relu_(m.bn(x))
    return m.two(y) + x + m.relu_(m.three(y))


def _preactivation_plain(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    y = F.relu(m.bn(x))
    return m.two(y) + x + F.relu(m.three(y))


def _overwritten_shortcut(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    y = m.two(m.relu_(x))
    return y + x  # the shortcut was rectified too


def _overwritten_shortcut_plain(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    return m.two(x) + x


def _ignored(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    F.relu_(x)
    return m.two(x)


def _added_onto_norm(m: Any, x: Tensor) -> Tensor:
    x = m.relu_(m.one(x))
    out = m.bn(m.two(x))
    out += x
    return m.three(F.relu(out, inplace=True))


def _added_onto_norm_plain(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    return m.three(F.relu(m.bn(m.two(x)) + x))


def _chain(m: Any, x: Tensor) -> Tensor:
    return m.two(F.relu(m.one(x)))


def _scaled_input(m: Any, x: Tensor) -> Tensor:
    x *= 2
    x.sub_(0.5)
    return _chain(m, x)


def _added_onto_view(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    out = torch.cat([m.two(x), m.three(x)], 1)[:, 2:6]
    out += x
    return m.three(F.relu(out))


def _added_onto_view_plain(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    return m.three(F.relu(torch.cat([m.two(x), m.three(x)], 1)[:, 2:6] + x))


def _rectified_view(m: Any, x: Tensor) -> Tensor:
    out = m.one(x)[:, :4]
    F.relu_(out)
    return m.two(out)


IN_PLACE: dict[str, tuple[Way, Way]] = {
    "pre-activation": (_preactivation, _preactivation_plain),
    "overwritten shortcut": (_overwritten_shortcut, _overwritten_shortcut_plain),
    "ignored return value": (_ignored, _chain),
    "out += identity": (_added_onto_norm, _added_onto_norm_plain),
    "a view += identity (GhostNet)": (_added_onto_view, _added_onto_view_plain),
    "rectified view": (_rectified_view, _chain),
    "written input": (_scaled_input, lambda m, x: _chain(m, x * 2 - 0.5)),
}


@pytest.mark.parametrize("name", IN_PLACE)
@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
def test_in_place_is_drawn_as_what_it_computes(name: str, rule: RuleName) -> None:
    _check(*IN_PLACE[name], rule)


def test_each_layer_is_read_before_it_is_overwritten() -> None:
    net = _net(_added_onto_norm)
    tape, image = net.tape(), photograph(net)
    plain = _net(_added_onto_norm_plain)
    mine = activations(net, tape, image, [layer.number for layer in tape.layers])
    twins = activations(plain, plain.tape(), image, [layer.number for layer in tape.layers])
    assert all(torch.equal(mine[n], twins[n]) for n in mine)


# -- one network, written six ways ---------------------------------------------------------------
def _six(relu: Callable[[Any, int, Tensor], Tensor]) -> Way:
    def forward(m: Any, x: Tensor) -> Tensor:
        x = relu(m, 0, m.one(x))
        return relu(m, 1, m.bn(m.two(x)) + x)

    return forward


def _residual(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    out = m.bn(m.two(x))
    out += x
    return F.relu(out)


WAYS: dict[str, Way] = {
    "modules": _six(lambda m, i, x: (m.relu, m.other)[i](x)),
    "one shared module": _six(lambda m, i, x: m.relu(x)),
    "F.relu": _six(lambda m, i, x: F.relu(x)),
    "x.relu()": _six(lambda m, i, x: x.relu()),
    "in place": _six(lambda m, i, x: x.relu_()),
    "residual": _residual,
    "shared, in place": _six(lambda m, i, x: m.relu_(x)),
    "clamp": _six(lambda m, i, x: x.clamp(min=0)),
    "clamp_min": _six(lambda m, i, x: torch.clamp_min(x, 0)),
    "threshold": _six(lambda m, i, x: F.threshold(x, 0, 0)),
    "aten": _six(lambda m, i, x: torch.ops.aten.relu(x)),
    "aten in place": _six(lambda m, i, x: torch.ops.aten.relu_.default(x)),
}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("rule", RULES)
def test_six_ways_of_writing_one_network_are_one(name: str, rule: RuleName) -> None:
    reference, net = _net(WAYS["modules"]), _net(WAYS[name])
    expected, found = reference.tape(), net.tape()
    facts = [[(a.op, a.channels, a.height, a.width, a.field, a.signed, a.default) for a in t.layers]
             for t in (expected, found)]  # fmt: skip
    assert facts[0] == facts[1]
    image = photograph(net)
    for layer in expected.layers:
        for channel in (0, 3):
            one = full(reference, expected, image, layer.number, channel, (4, 5), Rule(rule))
            other = full(net, found, image, layer.number, channel, (4, 5), Rule(rule))
            assert torch.equal(one, other), layer.name


# -- activations --------------------------------------------------------------------------------
ACTIVATIONS: dict[str, Callable[[Any, Tensor], Tensor]] = {
    "relu6": lambda m, x: F.relu6(x * 9) / 9,
    "leaky_relu": lambda m, x: F.leaky_relu(x, 0.2),
    "prelu": lambda m, x: m.prelu(x),
    "elu": lambda m, x: F.elu(x, inplace=True),
    "celu": lambda m, x: F.celu(x, 0.7),
    "selu": lambda m, x: torch.selu_(x),
    "silu": lambda m, x: F.silu(x, inplace=True),
    "mish": lambda m, x: F.mish(x),
    "gelu": lambda m, x: F.gelu(x, approximate="tanh"),
    "softplus": lambda m, x: F.softplus(x),
    "hardswish": lambda m, x: F.hardswish(x, inplace=True),
    "rrelu": lambda m, x: F.rrelu(x),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_rectifier_rectifies_the_reconstruction(name: str) -> None:
    """By hand: the seed through the upper filters, max(., 0), times the derivative if guided."""
    activation = ACTIVATIONS[name]
    net = _net(lambda m, x: m.two(activation(m, m.one(x))))
    module: Any = net.module
    image = photograph(net)
    inner = module.one(image).detach().requires_grad_()
    acted = activation(module, inner * 1)
    scale = 1 if name != "relu6" else 1 / 9 * 9  # the factors around it cancel
    (slope,) = torch.autograd.grad(acted.sum(), inner)
    top = module.two(acted).detach()
    seed = torch.zeros_like(top)
    seed[0, 2, 5, 6] = top[0, 2, 5, 6]
    with torch.no_grad():
        down = F.conv_transpose2d(seed, module.two.weight, padding=1)
        rectified = {
            "deconvnet": down.clamp(min=0) * scale,
            "guided": down.clamp(min=0) * slope,
            "gradient": down * slope,
        }
    for rule in RULES:
        expected = F.conv_transpose2d(rectified[rule], module.one.weight)[0].detach()
        assert gap(_last(net, Rule(rule), 2, (5, 6)), expected) < 1e-12, rule


# -- gates --------------------------------------------------------------------------------------
class Excite(nn.Module):
    """Squeeze and excite; ``kept`` freezes its gate."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = conv(3, 4), conv(4, 3)
        self.down, self.up = conv(4, 2, 1), conv(2, 4, 1)
        self.kept: Tensor | None = None
        self.spelling: Callable[[Tensor, Tensor], Tensor] = torch.mul

    def gate(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.up(F.relu(self.down(x.mean((2, 3), keepdim=True)))))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.one(x))
        gate = self.gate(x) if self.kept is None else self.kept
        return self.two(self.spelling(x, gate))


SPELLINGS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "torch.mul": torch.mul,
    "operator": lambda x, gate: x * gate,
    "reflected": lambda x, gate: gate * x,
    "named": lambda x, gate: torch.mul(input=x, other=gate),
    "half named": lambda x, gate: x.mul(other=gate),
    "expanded": lambda x, gate: x * gate.expand_as(x),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
def test_a_gate_is_held_at_its_value(spelling: str, rule: RuleName) -> None:
    module: Any = fill(Excite())
    module.spelling = SPELLINGS[spelling]
    frozen: Any = fill(Excite())
    net, twin = glass(module, (11, 12)), glass(frozen, (11, 12))
    image = photograph(net)
    frozen.kept = module.gate(F.relu(module.one(image))).detach()
    derived = Rule(rule, gate="derivative")
    differ = []
    for channel in range(3):
        mine, expected = (_last(n, Rule(rule), channel) for n in (net, twin))
        assert gap(mine, expected) < 1e-12
        differ.append(gap(_last(net, derived, channel), mine) > 1e-3)
    assert any(differ)


def test_gates_are_no_default_layers_and_make_what_follows_global() -> None:
    tape = glass(fill(Excite()), (11, 12)).tape()
    assert [layer.name for layer in tape.default_layers] == ["/relu@1", "two"]
    field = tape.layer("two").field
    assert (field.status, field.cause) == ("GLOBAL", "/mean (mean)")


# -- several results, other layouts --------------------------------------------------------------
def _halves(m: Any, x: Tensor) -> Tensor:
    left, right = m.one(x).split([1, 3], dim=1)
    return m.two(torch.cat([F.relu(right), left], 1))


def _halves_plain(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two(torch.cat([F.relu(x[:, 1:]), x[:, :1]], 1))


def _shared(m: Any, x: Tensor) -> Tensor:
    return m.two(F.relu(m.two(F.relu(m.one(x)))))


def _standardized(m: Any, x: Tensor) -> Tensor:
    weight = m.one.weight
    mean, spread = weight.mean((1, 2, 3), keepdim=True), weight.std((1, 2, 3), keepdim=True)
    x = F.relu(F.conv2d(x, (weight - mean) / spread.clamp(min=1e-5).sqrt(), m.one.bias))
    return m.two(x)


def _standardized_plain(m: Any, x: Tensor) -> Tensor:
    with torch.no_grad():
        weight = m.one.weight
        mean, spread = weight.mean((1, 2, 3), keepdim=True), weight.std((1, 2, 3), keepdim=True)
        made = (weight - mean) / spread.clamp(min=1e-5).sqrt()
    return m.two(F.relu(F.conv2d(x, made, m.one.bias)))


def _hooked(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    if x.requires_grad:
        x.register_hook(lambda gradient: gradient * 2)
    return m.two(x)


OTHERS: dict[str, tuple[Way, Way]] = {
    "hooks on gradients": (_hooked, _chain),
    "split": (_halves, _halves_plain),
    "standardised weights": (_standardized, _standardized_plain),
    "padded channels": (
        lambda m, x: m.two(F.relu(m.one(F.pad(x[:, :2], (0, 0, 0, 0, 0, 1))))),
        lambda m, x: m.two(F.relu(m.one(torch.cat([x[:, :2], torch.zeros_like(x[:, :1])], 1)))),
    ),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("rule", RULES)
def test_other_habits(name: str, rule: RuleName) -> None:
    _check(*OTHERS[name], rule)


def test_a_module_called_twice_is_two_layers_with_the_filters_of_one() -> None:
    net = _net(_shared)
    tape = net.tape()
    names = [layer.name for layer in tape.layers]
    assert names == ["one", "/relu@1", "two@1", "/relu@2", "two@2"]
    two = glass(
        fill(Forward(lambda m, x: m.three(F.relu(m.two(F.relu(m.one(x))))), **_parts())), (13, 15)
    )
    unshared: Any = two.module
    unshared.three = unshared.two.__class__(4, 4, 3, padding=1).double()
    unshared.three.load_state_dict(unshared.two.state_dict())
    for rule in RULES:
        assert gap(_last(net, Rule(rule)), _last(two, Rule(rule))) < 1e-12


def test_a_channel_shuffle_is_a_permutation() -> None:
    net = glass(fill(Shuffle()), (12, 12))
    module: Any = net.module

    def forward(m: Any, x: Tensor) -> Tensor:
        x = F.relu(module.one(x))
        return F.relu(module.two(torch.cat([x[:, i : i + 1] for i in (0, 2, 4, 1, 3, 5)], 1)))

    plain = glass(Forward(forward, one=module.one, two=module.two), (12, 12))
    for rule in RULES:
        assert gap(_last(net, Rule(rule)), _last(plain, Rule(rule))) < 1e-12


class NextInPlanes(nn.Module):
    """The same ConvNeXt block with 1x1 convolutions for its linear layers."""

    def __init__(self, block: NextBlock) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor) -> Tensor:
        b = self.block
        y = b.norm(b.dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = F.gelu(F.conv2d(y, b.up.weight[:, :, None, None], b.up.bias))
        y = F.conv2d(y, b.down.weight[:, :, None, None], b.down.bias)
        return x + y * b.gamma.view(1, -1, 1, 1)


def test_channels_last_layers_are_drawn_as_planes_are() -> None:
    module: Any = fill(nn.Sequential(conv(3, 4, 4, stride=4), NextBlock(4)))
    net = glass(module, (24, 28))
    plain = glass(nn.Sequential(module[0], NextInPlanes(module[1])), (24, 28))
    tape, image = net.tape(), photograph(net)
    up = tape.layer("1.up")
    assert (up.channels, up.height, up.width, up.field.status) == (8, 6, 7, "EXACT")
    for rule in RULES:
        assert gap(_last(net, Rule(rule), 1, (2, 3)), _last(plain, Rule(rule), 1, (2, 3))) < 1e-12
        mine = full(net, tape, image, "1.up", 5, (2, 3), Rule(rule))
        twin = full(plain, plain.tape(), image, "1/conv@1", 5, (2, 3), Rule(rule))
        assert gap(mine, twin) < 1e-12
