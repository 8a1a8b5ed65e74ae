from __future__ import annotations

from math import inf

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.net.bounds import FLAT, SIGMOID, TANH, bounds_of
from convscope.tally.plan import Bounds
from tests.net.zoo import Forward, conv, fill, glass


def bounds(layer: str, forward: object) -> Bounds | None:
    """Of a layer of: conv (one), whatever is asked for, conv (two)."""
    net = glass(fill(Forward(lambda s, x: s.two(forward(s, s.one(x))), one=conv(3, 4),  # type: ignore[operator]
                             two=conv(4, 2), act=nn.ReLU6())), (12, 13))  # fmt: skip
    return bounds_of(net.tape(), net.tape().layer(layer).number)


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (lambda s, x: F.relu6(x), Bounds(-inf, 6.0, True)),
        (lambda s, x: s.act(x), Bounds(-inf, 6.0, True)),
        (lambda s, x: nn.ReLU6(inplace=True)(x), Bounds(-inf, 6.0, True)),
        (lambda s, x: x.clamp(0, 20), Bounds(-inf, 20.0, True)),
        (lambda s, x: F.hardtanh(x, 0.0, 4.0), Bounds(-inf, 4.0, True)),
        (lambda s, x: F.hardtanh(x), Bounds(-1.0, 1.0)),
        (lambda s, x: nn.Hardtanh(-2.0, 3.0)(x), Bounds(-2.0, 3.0)),
        (lambda s, x: torch.clamp(x, -0.5, 0.5), Bounds(-0.5, 0.5)),
        (lambda s, x: x.clamp(0, 1), Bounds(0.0, 1.0, True)),
        (lambda s, x: x.clamp(max=2.5), Bounds(-inf, 2.5)),
        (lambda s, x: x.clamp_(-1, 2), Bounds(-1.0, 2.0)),
        (lambda s, x: F.hardsigmoid(x), Bounds(-3.0, 3.0)),
        (lambda s, x: torch.sigmoid(x), Bounds(-SIGMOID, SIGMOID)),
        (lambda s, x: x.tanh(), Bounds(-TANH, TANH)),
        (lambda s, x: F.dropout2d(x, training=False).tanh(), Bounds(-TANH, TANH)),
    ],
)
def test_a_layer_is_saturated_at_the_bounds_of_what_reads_it(
    forward: object, expected: Bounds
) -> None:
    assert bounds("one", forward) == expected


@pytest.mark.parametrize(
    "forward",
    [
        lambda s, x: F.relu(x),
        lambda s, x: F.silu(x),
        lambda s, x: x.clamp(min=0.3),
        lambda s, x: x * torch.sigmoid(x),
        lambda s, x: x + F.relu6(x),
        lambda s, x: x,
    ],
)
def test_nothing_saturates_without_a_bound_or_past_a_bound_that_something_goes_around(
    forward: object,
) -> None:
    assert bounds("one", forward) is None


@pytest.mark.parametrize(
    ("forward", "kind", "expected"),
    [
        (lambda s, x: F.relu6(x), "relu6", Bounds(-inf, 6.0, True)),
        (lambda s, x: x.clamp(-0.5, 0.5), "clamp", Bounds(-0.5, 0.5)),
        (lambda s, x: x.tanh(), "tanh", Bounds(-0.97468, 0.97468)),
        (lambda s, x: x.sigmoid(), "sigmoid", Bounds(0.01266, 0.98734)),
        (lambda s, x: F.hardsigmoid(x), "hardsigmoid", Bounds(0.0, 1.0)),
    ],
)
def test_a_bounded_activation_is_saturated_at_its_own_bounds(
    forward: object, kind: str, expected: Bounds
) -> None:
    assert bounds(f"/{kind}", forward) == pytest.approx(expected, abs=1e-5)


def test_at_the_stated_values_the_slope_is_the_stated_share_of_the_steepest() -> None:
    for function, place in ((torch.tanh, TANH), (torch.sigmoid, SIGMOID)):
        x = torch.tensor([0.0, place, -place], dtype=torch.float64, requires_grad=True)
        slope = torch.autograd.grad(function(x).sum(), x)[0]
        assert (slope[1:] / slope[0]).tolist() == pytest.approx([FLAT, FLAT])


def test_what_a_network_ends_in_makes_probabilities_and_saturates_nothing() -> None:
    def head(s: Forward, x: Tensor) -> Tensor:
        return torch.sigmoid(s.two(s.one(x).tanh()).flatten(1)).unflatten(1, (2, -1))

    net = glass(fill(Forward(head, one=conv(3, 4), two=conv(4, 2))), (6, 6))
    layers = {layer.name: layer.number for layer in net.tape().layers}
    assert bounds_of(net.tape(), layers["two"]) is None
    assert bounds_of(net.tape(), layers["/sigmoid"]) is None
    assert bounds_of(net.tape(), layers["one"]) == Bounds(-TANH, TANH)
