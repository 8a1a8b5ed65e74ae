"""Crops and cones against the whole image, at interior, edge and corner cells of every layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch import Tensor
from torch.nn import functional as F

from convscope.errors import TraceError
from convscope.net.cone import plan
from convscope.net.full import activations
from convscope.net.rules import Rule
from tests.net.oracles import by_cone, by_crop, cells, full, gap, strongest
from tests.net.zoo import LOCAL, Forward, conv, fill, glass, local, photograph

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")
CONED = "ceil_pools fires residual option_a long_kernels tf_same halves".split()


@pytest.mark.parametrize("name", LOCAL)
def test_crops_and_cones_are_the_whole_image(name: str) -> None:
    net = local(name)
    tape, image = net.tape(), photograph(net)
    drawn, cropped = [], []
    for layer in tape.default_layers:
        values = activations(net, tape, image, [layer.number])[layer.number]
        for cell in cells(layer):
            channel = strongest(tape.ops[layer.number], values, cell)
            expected = full(net, tape, image, layer.name, channel, cell)
            drawn.append(bool(expected.any()))
            crop = by_crop(net, tape, image, layer.name, channel, cell)
            if crop is not None:
                assert gap(crop, expected) < 1e-10, (layer.name, cell)
            cropped.append(crop is not None)
            cone = by_cone(net, tape, image, layer.name, channel, cell)
            if cone is not None:
                assert gap(cone, expected) < 1e-10, (layer.name, cell)
    assert sum(drawn) > 0.4 * len(drawn)
    assert sum(cropped) > (0.3 if name in ("mirrors", "transposed_gaps") else 0.99) * len(cropped)


@pytest.mark.parametrize("name", CONED)
def test_networks_of_windows_have_a_cone_for_every_default_layer(name: str) -> None:
    tape = local(name).tape()
    assert all(plan(tape, layer.number) for layer in tape.default_layers)


OTHER_RULES = [Rule("guided"), Rule("gradient"), Rule(gate="derivative")]


@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("rule", OTHER_RULES, ids=["guided", "gradient", "derived gates"])
def test_crops_under_the_other_rules_are_the_whole_image(name: str, rule: Rule) -> None:
    net = local(name)
    tape, image = net.tape(), photograph(net)
    layer = tape.layers[-1]
    for cell in cells(layer):
        expected = full(net, tape, image, layer.name, 0, cell, rule)
        crop = by_crop(net, tape, image, layer.name, 0, cell, rule)
        assert crop is None or gap(crop, expected) < 1e-10, cell


COUNTING: dict[str, Callable[[Any, Tensor], Tensor]] = {
    "a summand": lambda m, x: F.relu(m.one(x) + 1 / x.shape[-1]),
    "a factor": lambda m, x: F.relu(m.one(x)) * (1 / x.shape[-1]),
    "a kernel": lambda m, x: F.avg_pool2d(F.relu(m.one(x)), max(x.shape[2] // 8, 1)),
    "a slope": lambda m, x: F.leaky_relu(m.one(x), 1 / x.shape[-1]),
}


@pytest.mark.parametrize("name", COUNTING)
def test_numbers_made_from_the_size_of_the_input_are_seen_in_a_crop(name: str) -> None:
    net = glass(fill(Forward(COUNTING[name], one=conv(3, 4))))
    last = net.tape().layers[-1]
    with pytest.raises(TraceError, match=r"On a crop of .* does something else at"):
        by_crop(net, net.tape(), photograph(net), last.number, 0, (1, 1))
