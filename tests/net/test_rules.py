"""What the backward rules promise: support, linearity, independence, and their oracles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.net.full import Seed, activations, project_full, ruled_forward
from convscope.net.net import Net
from convscope.net.rules import Rule, RuleName
from tests.net.oracles import DECONVNET, cells, full, gap, strongest
from tests.net.zoo import LOCAL, Block, Forward, ceil_pools, conv, fill, glass, local, photograph

RULES: list[RuleName] = ["deconvnet", "guided", "gradient"]
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")


@pytest.mark.parametrize("name", LOCAL)
def test_a_projection_is_exactly_zero_outside_the_receptive_field(name: str) -> None:
    net = local(name)
    tape, image = net.tape(), photograph(net)
    for layer in tape.default_layers:
        values = activations(net, tape, image, [layer.number])[layer.number]
        for cell in cells(layer)[::4]:
            channel = strongest(tape.ops[layer.number], values, cell)
            box = layer.field.box(cell).clip(*image.shape[2:])
            for rule in RULES:
                projection = full(net, tape, image, layer.name, channel, cell, Rule(rule))
                projection[:, box.y0 : box.y1, box.x0 : box.x1] = 0
                assert not projection.any(), (layer.name, cell, rule)


def test_a_first_layer_projection_is_its_filter_times_its_activation_pasted_in_place() -> None:
    module = fill(nn.Sequential(conv(3, 5, 7, stride=2, padding=3), nn.ReLU()))
    net = glass(module, (20, 23))
    tape, image = net.tape(), photograph(net)
    values = activations(net, tape, image, [1])[1][0]
    for channel, y, x in (values > 0).nonzero()[::7].tolist():
        pasted = torch.zeros(3, 20 + 6, 23 + 6, dtype=torch.float64)
        filters: Tensor = module[0].weight.detach()  # type: ignore[index,union-attr,assignment,operator]
        pasted[:, 2 * y : 2 * y + 7, 2 * x : 2 * x + 7] = values[channel, y, x] * filters[channel]
        drawn = full(net, tape, image, "1", channel, (y, x))
        assert torch.equal(drawn, pasted[:, 3:-3, 3:-3])


@pytest.mark.parametrize("rule", RULES)
def test_linear_in_the_seed(rule: RuleName) -> None:
    net = local("fires")
    tape, image = net.tape(), photograph(net)
    number = tape.layer("3").number
    _, watch = ruled_forward(net, tape, Rule(rule), image, number)
    leaf, watch = ruled_forward(net, tape, Rule(rule), image, number)
    activation = watch.results[number]
    seed = Seed(2, (1, 2)).fill(tape.ops[number], activation)
    one, three, none = (
        torch.autograd.grad(activation, leaf, seed * factor, retain_graph=True)[0]
        for factor in (1, 3, 0)
    )
    assert gap(three, 3 * one) < 1e-14
    assert not none.any()
    if rule == "deconvnet":  # it ends in a rectifier, which no negative reconstruction passes
        below = torch.autograd.grad(activation, leaf, -seed)[0]
        assert not below.any()


def test_the_deconvnet_knows_of_lower_layers_their_switches_alone() -> None:
    """All the values beneath are other ones, the pool's switches are kept: the same picture."""
    image = photograph(glass(conv(3, 3).double(), (15, 17)))
    kept: dict[str, Tensor] = {}

    class KeptPool(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            if "switches" not in kept:
                _, kept["switches"] = F.max_pool2d(x, 3, 2, return_indices=True)
            flat = x.flatten(2).gather(2, kept["switches"].flatten(2))
            return flat.view(kept["switches"].shape)

    module: Any = fill(nn.Sequential(conv(3, 4), nn.ReLU(), KeptPool(), conv(4, 3), nn.ReLU()))
    plain = fill(nn.Sequential(conv(3, 4), nn.ReLU(), nn.MaxPool2d(3, 2), conv(4, 3), nn.ReLU()))
    module(image)
    net = glass(plain, (15, 17))
    values = activations(net, net.tape(), image, [4])[4]
    channel = strongest(net.tape().ops[4], values, (1, 2))
    mine = full(net, net.tape(), image, "4", channel, (1, 2)) / values[0, channel, 1, 2]
    seed = torch.zeros_like(values)
    seed[0, channel, 1, 2] = 1.0
    for scale in (1.0, 50.0):
        leaf = torch.rand_like(module[1](module[0](image))).mul(scale).requires_grad_()
        (unpooled,) = torch.autograd.grad(module[3](module[2](leaf)), leaf, seed)
        expected = F.conv_transpose2d(unpooled.clamp(min=0), module[0].weight)[0].detach()
        assert gap(mine, expected) < 1e-12


def test_a_skip_adds_its_two_ways() -> None:
    module: Any = fill(Block(3, 4, 2))
    net = glass(module, (12, 13))
    tape, image = net.tape(), photograph(net)
    last = tape.layers[-1]
    values = activations(net, tape, image, [last.number])[last.number]
    cell = (2, 3)
    channel = strongest(tape.ops[last.number], values, cell)
    seed = torch.zeros_like(values)
    seed[0, channel, 2, 3] = values[0, channel, 2, 3]

    def way(forward: Callable[[Tensor], Tensor]) -> Tensor:
        leaf = image.clone().requires_grad_()
        (grad,) = torch.autograd.grad(forward(leaf), leaf, seed)
        return grad[0]

    class Rectified(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx: Any, *grads: Tensor) -> Tensor:
            return grads[0].clamp(min=0)

    main = way(lambda x: module.bn2(module.conv2(Rectified.apply(module.bn1(module.conv1(x))))))
    skip = way(module.shortcut)
    assert gap(full(net, tape, image, last.number, channel, cell), main + skip) < 1e-12
    assert main.any()
    assert skip.any()


def _folded(one: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    twin = conv(one.in_channels, one.out_channels, 3, padding=1).double()
    twin.weight.data = one.weight.data * scale.data[:, None, None, None]
    twin.bias.data = (one.bias - norm.running_mean) * scale + norm.bias
    return twin


@pytest.mark.parametrize("rule", RULES)
def test_batch_normalisation_is_the_affine_map_it_is(rule: RuleName) -> None:
    first = (conv(3, 6, padding=1), nn.BatchNorm2d(6), nn.ReLU())
    second = (conv(6, 4, padding=1), nn.BatchNorm2d(4), nn.ReLU())
    parts: Any = fill(nn.Sequential(*first, *second))
    assert (parts[1].weight < 0).any()
    folded = nn.Sequential(_folded(*parts[:2]), nn.ReLU(), _folded(*parts[3:5]), nn.ReLU())
    net, twin = glass(parts, (11, 12)), glass(folded.eval(), (11, 12))
    image = photograph(net)
    for channel in range(4):
        mine = full(net, net.tape(), image, "5", channel, (4, 5), Rule(rule))
        assert gap(mine, full(twin, twin.tape(), image, "3", channel, (4, 5), Rule(rule))) < 1e-12


def test_response_normalisation_is_passed_through_with_the_switches_it_makes() -> None:
    norm = nn.LocalResponseNorm(5, alpha=2.0)
    layers = [conv(3, 6), nn.ReLU(), norm, nn.MaxPool2d(3, 2), conv(6, 4), nn.ReLU()]
    net = glass(fill(nn.Sequential(*layers)), (14, 15))
    tape, image, module = net.tape(), photograph(net), net.module
    values = activations(net, tape, image, [tape.layer("5").number])[tape.layer("5").number]
    channel = strongest(tape.ops[tape.layer("5").number], values, (1, 2))
    seed = torch.zeros_like(values)
    seed[0, channel, 1, 2] = values[0, channel, 1, 2]
    leaf = module[2](module[1](module[0](image))).detach().requires_grad_()  # type: ignore[index,operator]
    (unpooled,) = torch.autograd.grad(module[4](module[3](leaf)), leaf, seed)  # type: ignore[index,operator]
    filters = module[0].weight  # type: ignore[index,union-attr]
    expected = F.conv_transpose2d(unpooled.clamp(min=0), filters)[0].detach()  # type: ignore[arg-type]
    mine = full(net, tape, image, "5", channel, (1, 2))
    assert gap(mine, expected) < 1e-12
    derived = full(net, tape, image, "5", channel, (1, 2), Rule(lrn="derivative"))
    assert gap(mine, derived) > 1e-3


def _firing(net: Net, name: str, cell: tuple[int, int]) -> tuple[Tensor, int, Tensor]:
    """A photograph, the channel that is strongest in a cell on it, and what is projected."""
    tape, image = net.tape(), photograph(net)
    number = tape.layer(name).number
    values = activations(net, tape, image, [number])[number]
    channel = strongest(tape.ops[number], values, cell)
    seed = torch.zeros_like(values)
    seed[0, channel, cell[0], cell[1]] = values[0, channel, cell[0], cell[1]]
    assert seed.any()
    return image, channel, seed


def test_average_pooling_spreads_evenly_over_its_window() -> None:
    net = glass(fill(nn.Sequential(nn.AvgPool2d((3, 2), (2, 1)), conv(3, 6, 1), nn.ReLU())), (9, 8))
    image, channel, seed = _firing(net, "2", (1, 4))
    value: Tensor = seed.sum()
    expected = torch.zeros(3, 9, 8, dtype=torch.float64)
    weights: Tensor = net.module[1].weight[channel, :, 0, 0]  # type: ignore[index,union-attr,assignment]
    expected[:, 2:5, 4:6] = (weights.detach() * value / 6)[:, None, None]
    assert gap(full(net, net.tape(), image, "2", channel, (1, 4)), expected) < 1e-12


def test_joined_branches_add_their_ways() -> None:
    def forward(self: Any, x: Tensor) -> Tensor:
        return F.relu(self.top(torch.cat([F.relu(self.a(x)), F.relu(self.b(x))], 1)))

    parts = {"a": conv(3, 4, 3, padding=1), "b": conv(3, 5, 1), "top": conv(9, 6, 3)}
    net = glass(fill(Forward(forward, **parts)), (11, 10))
    image, channel, seed = _firing(net, net.tape().layers[-1].name, (3, 4))
    module: Any = net.module
    back = F.conv_transpose2d(seed, module.top.weight).clamp(min=0)  # both branches end rectified
    ways = [
        F.conv_transpose2d(back[:, :4], module.a.weight, padding=1),
        F.conv_transpose2d(back[:, 4:], module.b.weight),
    ]
    found = full(net, net.tape(), image, net.tape().layers[-1].name, channel, (3, 4))
    assert all(bool(way.any()) for way in ways)
    assert gap(found, (ways[0] + ways[1])[0].detach()) < 1e-12


def test_before_a_rectifier_normalisation_keeps_its_gain_of_either_sign() -> None:
    """Pre-activation residual nets cannot fold it: rectify first, then the gain, sign and all."""

    def forward(self: Any, x: Tensor) -> Tensor:
        x = self.stem(x)
        return F.relu(x + self.conv(F.relu(self.norm(x))))

    parts = {"stem": conv(3, 6, 3), "norm": nn.BatchNorm2d(6), "conv": conv(6, 6, 3, padding=1)}
    net = glass(fill(Forward(forward, **parts)), (10, 11))
    last = net.tape().layers[-1].name
    image, channel, seed = _firing(net, last, (4, 4))
    module: Any = net.module
    gain = module.norm.weight / (module.norm.running_var + module.norm.eps).sqrt()
    assert (gain < 0).any()
    assert (gain > 0).any()
    inner = F.conv_transpose2d(seed, module.conv.weight, padding=1).clamp(min=0)
    both = seed + inner * gain[None, :, None, None]
    expected = F.conv_transpose2d(both, module.stem.weight)[0].detach()
    assert gap(full(net, net.tape(), image, last, channel, (4, 4)), expected) < 1e-12


def test_the_gradient_is_the_finite_difference() -> None:
    net = local("residual")
    tape, image = net.tape(), photograph(net)
    last = tape.layers[-1]
    values = activations(net, tape, image, [last.number])[last.number]
    channel, cell = strongest(tape.ops[last.number], values, (5, 6)), (5, 6)
    value = values[0, channel, 5, 6]
    gradient = full(net, tape, image, last.number, channel, cell, Rule("gradient")) / value
    for place in gradient.abs().flatten().topk(12).indices.tolist():
        moved = [image.clone(), image.clone()]
        for sign, shifted in zip((1, -1), moved, strict=True):
            shifted.view(-1)[place] += sign * 1e-6
        up, down = (
            activations(net, tape, m, [last.number])[last.number][0, channel, 5, 6] for m in moved
        )
        assert abs(float((up - down) / 2e-6 - gradient.flatten()[place])) < 1e-4


def test_all_three_agree_where_every_rectifier_is_open_and_nothing_is_negative() -> None:
    module: Any = fill(ceil_pools())
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.abs_()
        module[4].running_mean.neg_().clamp_(max=0)
    net = glass(module)
    image = photograph(net).abs()
    one, two, three = (full(net, net.tape(), image, "8", 1, (1, 1), Rule(r)) for r in RULES)
    assert one.any()
    assert torch.equal(one, two)
    assert torch.equal(two, three)


def test_guided_is_the_gradient_where_no_reconstruction_is_negative() -> None:
    module: Any = fill(nn.Sequential(conv(3, 4), nn.ReLU(), conv(4, 3), nn.ReLU()))
    module[2].weight.data.abs_()
    net = glass(module, (12, 12))
    tape, image = net.tape(), photograph(net)
    values = activations(net, tape, image, [3])[3]
    channel = strongest(tape.ops[3], values, (3, 3))
    guided, gradient, deconvnet = (
        full(net, tape, image, "3", channel, (3, 3), Rule(rule))
        for rule in ("guided", "gradient", "deconvnet")  # type: ignore[arg-type]
    )
    assert guided.any()
    assert torch.equal(guided, gradient)
    assert not torch.equal(guided, deconvnet)


def test_many_units_share_one_forward() -> None:
    net = local("fires")
    tape, image = net.tape(), photograph(net)
    forwards = []
    handle = net.module.register_forward_pre_hook(lambda module, args: forwards.append(1))
    number = tape.layer("3").number
    list(project_full(net, tape, DECONVNET, image, number, [Seed(0, (0, 0))]))
    first = len(forwards)
    seeds = [Seed(c, (1, c)) for c in range(4)]
    units = list(project_full(net, tape, DECONVNET, image, number, seeds))
    handle.remove()
    assert len(forwards) - first == 1
    for (value, drawn), seed in zip(units, seeds, strict=True):
        assert value >= 0
        assert torch.equal(drawn, full(net, tape, image, number, seed.channel, seed.cell))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "spelled", [lambda x: F.hardtanh(x, 0.0, 20.0), lambda x: x.clamp(0, 20), nn.ReLU6()]
)
def test_rectifiers_with_a_bound_are_rectifiers(
    spelled: Callable[[Tensor], Tensor], rule: RuleName
) -> None:
    def made(rectify: Callable[[Tensor], Tensor]) -> Net:
        def forward(self: Forward, x: Tensor) -> Tensor:
            result: Tensor = self.two(rectify(self.one(x)))
            return result

        return glass(fill(Forward(forward, one=conv(3, 6), two=conv(6, 4))))

    one, other = made(spelled), made(torch.relu)
    image = photograph(one) / 4  # below every bound
    pictures = []
    for net in (one, other):
        seeds = [Seed(2, (5, 7))]
        number = net.tape().layer("two").number
        ((_, found),) = project_full(net, net.tape(), Rule(rule), image, number, seeds)
        pictures.append(found)
    assert pictures[0].any()
    assert torch.equal(*pictures)
