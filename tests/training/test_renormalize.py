from __future__ import annotations

import math
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from convscope.training.loop import train
from convscope.training.options import TrainOptions
from convscope.training.renormalize import radii, renormalize


def network() -> nn.Sequential:
    """Filters of many sizes, some below every radius, one at 0; groups, and a linear layer."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 7), nn.ReLU(), nn.Conv2d(8, 6, (3, 5), groups=2), nn.ReLU(), nn.Flatten(),
        nn.Linear(6, 4),
    )  # fmt: skip
    for part in (net[0], net[2], net[5]):
        sizes = torch.logspace(-3, 1.5, len(part.weight))
        part.weight.data.mul_(sizes.view(-1, *[1] * (part.weight.dim() - 1)))
    net[0].weight.data[0] = 0
    return net


def rms(weight: Tensor) -> list[float]:
    """Of each output's filter, over all it sees, by a plain loop in float64."""
    return [
        math.sqrt(sum(v * v for v in filter.double().flatten().tolist()) / filter.numel())
        for filter in weight
    ]


def run(net: nn.Module, radius: float = 0.1) -> dict[str, Tensor]:
    before = {name: value.clone() for name, value in net.state_dict().items()}
    renormalize(radii(net, radius))
    return before


def test_no_filter_is_above_the_radius() -> None:
    net = network()
    assert max(rms(net[0].weight)) > 1
    run(net)
    assert max(rms(net[0].weight)) <= 0.1 + 1e-7
    assert max(rms(net[2].weight)) <= 0.1 + 1e-7
    assert max(rms(net[0].weight)) >= 0.1 - 1e-7  # scaled to it, and not below


def test_filters_below_stay_bit_for_bit_and_the_others_keep_their_direction() -> None:
    net = network()
    before = run(net)
    for number in (0, 2):
        old, new = before[f"{number}.weight"], net[number].weight.detach()
        sizes = rms(old)
        assert any(size <= 0.1 for size in sizes)
        assert any(size > 0.1 for size in sizes)
        for one, other, size in zip(old, new, sizes, strict=True):
            if size <= 0.1:
                assert torch.equal(one, other)
            else:
                a, b = one.double().flatten(), other.double().flatten()
                assert float(a @ b / a.norm() / b.norm()) == pytest.approx(1, abs=1e-12)


def test_linear_layers_and_biases_are_left_alone() -> None:
    net = network()
    before = run(net)
    for name in ("5.weight", "5.bias", "0.bias", "2.bias"):
        assert torch.equal(before[name], net.state_dict()[name])


def test_a_second_time_changes_no_bit() -> None:
    for seed in range(30):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Conv2d(3 + seed, 50, 7))
        run(net, 0.02)
        before = run(net, 0.02)
        assert torch.equal(before["0.weight"], net[0].weight)


def test_momentum_is_not_touched() -> None:
    net = network()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net(torch.randn(2, 3, 9, 11)).sum().backward()
    optimizer.step()
    memory = [state["momentum_buffer"].clone() for state in optimizer.state.values()]
    run(net)
    now = [state["momentum_buffer"] for state in optimizer.state.values()]
    assert all(map(torch.equal, memory, now))


def test_on_divided_inputs_the_first_layer_answers_as_on_the_pixels() -> None:
    """The radius is for inputs of +-128: a network that sees them divided is cut alike."""
    scale = torch.tensor([64.0, 60.0, 55.0])
    on_pixels, divided = network(), network()
    divided[0].weight.data.mul_(scale.view(1, 3, 1, 1))
    renormalize(radii(on_pixels, 0.1))
    renormalize(radii(divided, 0.1, scale))
    pixels = 128 * torch.rand(2, 3, 9, 11) - 64
    answers = [on_pixels(pixels), divided(pixels / scale.view(1, 3, 1, 1))]
    assert torch.allclose(*answers, rtol=1e-4, atol=1e-4)
    assert max(rms(divided[0].weight)) > 3  # in its own units it is much above 0.1


def test_the_first_layer_may_have_its_own_radius() -> None:
    net = network()
    renormalize(radii(net, 0.1, torch.full((3,), 64.0), first=0.5))
    assert max(rms(net[0].weight)) == pytest.approx(0.5, abs=1e-6)
    assert max(rms(net[2].weight)) == pytest.approx(0.1, abs=1e-6)


def test_a_radius_of_nothing_is_none() -> None:
    net = network()
    before = [net[0].weight.clone(), net[2].weight.clone()]
    renormalize(radii(net, 0.0, first=0.5))
    assert max(rms(net[0].weight)) == pytest.approx(0.5, abs=1e-6)
    assert torch.equal(net[2].weight, before[1])
    net = network()
    renormalize(radii(net, 0.1, first=0.0))
    assert torch.equal(net[0].weight, before[0])
    assert max(rms(net[2].weight)) == pytest.approx(0.1, abs=1e-6)


NET = """
from torch import nn

def net():
    return nn.Sequential(
        nn.Conv2d(3, 24, 7, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(24, 32, 5),
        nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(), nn.Linear(32 * 25, 18))
"""


@pytest.mark.parametrize("seed", [0, 1])
def test_without_it_a_few_first_filters_come_to_dominate(tmp_path: Path, seed: int) -> None:
    """Zeiler & Fergus 2013, sec. 3.1, on photographs of +-128: trained both ways, and learning."""
    (tmp_path / "code.py").write_text(NET)
    options = TrainOptions(
        epochs=6, batch=32, rate=3e-5, size=72, resize=72, init="kaiming", schedule="constant",
        data_size=600, probes=0, seed=seed,
    )  # fmt: skip
    sizes = {}
    for radius in (0.1, 0.0):
        out = tmp_path / str(radius)
        made = train(
            f"{tmp_path}/code.py:net", "bundled:photos", out, replace(options, radius=radius),
            device="cpu",
        )  # fmt: skip
        assert made.history["train_accuracy"][-1] > 3 / 18
        sizes[radius] = sorted(rms(made.net(device="cpu").module[0].weight))
    ratio = {radius: found[-1] / statistics.median(found) for radius, found in sizes.items()}
    assert sizes[0.1][-1] <= 0.1 + 1e-7 < sizes[0.0][-1]
    assert ratio[0.0] > ratio[0.1]
