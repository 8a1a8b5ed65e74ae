from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from convscope.errors import ForwardError, GradientCutError, HiddenOpError
from convscope.net.full import activations
from convscope.net.net import Net
from convscope.net.reach import Forward, forward_to
from tests.contract.fingerprint import fingerprint
from tests.net.zoo import SIZE, conv, fill, glass, local
from tests.net.zoo import Forward as Written
from tests.twins import gradients as twin

CHAINS = ("ceil_pools", "odd_dilation", "long_kernels", "residual", "fires", "unet_nearest")


def images(net: Net, rows: int = 3, size: tuple[int, int] | None = None) -> Tensor:
    drawn = torch.Generator().manual_seed(3)
    shape = (rows, net.input_shape[1], *(size or net.preprocessing.size))
    return torch.randn(shape, generator=drawn, dtype=torch.float64).to(net.dtype)


@pytest.mark.parametrize("name", CHAINS)
def test_layers_have_the_values_of_a_whole_forward(name: str) -> None:
    net = local(name)
    numbers = [layer.number for layer in net.tape().default_layers]
    batch = images(net)
    with net.hosted():
        found = forward_to(net, numbers)(batch)
    expected = activations(net, net.tape(), batch, numbers)
    assert list(found) == sorted(numbers)
    for number in numbers:
        assert (found[number] - expected[number]).abs().max() < 1e-12


def test_the_gradient_is_that_of_the_twin_without_autograd() -> None:
    module = nn.Sequential(
        *(conv(3, 5, 5, stride=2, padding=1), nn.ReLU(inplace=True)),
        *(nn.MaxPool2d(3, 2, ceil_mode=True), conv(5, 4, 3), nn.ReLU()),
    )
    net = glass(fill(module))
    number = net.tape().layer("4").number
    batch = images(net).requires_grad_()
    with net.hosted():
        planes = forward_to(net, [number])(batch * 1)[number]
    (slope,) = torch.autograd.grad(planes[:, 2, 1, 1].sum(), batch)
    for row in range(3):
        expected = twin.derivative(module, batch[row].detach().numpy(), (2, 1, 1))
        assert np.abs(slope[row].numpy() - expected).max() < 1e-12


def test_a_layer_is_read_before_a_later_op_writes_over_it() -> None:
    """Before the rectifier and after it, which works in place, from one forward."""
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU(inplace=True), conv(4, 4), nn.Tanh())))
    before, after = (net.tape().layer(name).number for name in ("0", "1"))
    batch = images(net).requires_grad_()
    with net.hosted():
        found = forward_to(net, [after, before])(batch * 1)
    assert found[before].min() < 0
    assert torch.equal(found[before].clamp(min=0), found[after])
    weight, at = net.module[0].weight, (0, 1, 4, 4)  # type: ignore[index]
    (slope,) = torch.autograd.grad(found[before][at] + 0 * found[after].sum(), batch)
    assert (slope[0, :, 4:7, 4:7] - weight[1]).abs().max() < 1e-12


def test_of_several_results_of_one_call_the_layer_is_its_own() -> None:
    def halves(self: Written, x: Tensor) -> Tensor:
        one, other = self.conv(x).chunk(2, 1)
        return torch.relu(one) * other

    net = glass(Written(halves, conv=conv(3, 6)))
    fill(net.module)
    conv_, *parts = (op.number for op in net.tape().ops if op.item is not None or op.name == "conv")
    batch = images(net)
    with net.hosted():
        found = forward_to(net, [conv_, *parts])(batch)
    assert len(parts) == 2
    for number, expected in zip(parts, found[conv_].chunk(2, 1), strict=True):
        assert torch.equal(found[number], expected)


def test_the_forward_ends_at_its_layer() -> None:
    ran = []

    class Late(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            ran.append(len(x))
            return torch.relu(x)

    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU(), conv(4, 4), Late())))
    number = net.tape().layer("1").number
    with net.hosted():
        forward = forward_to(net, [number])
        ran.clear()
        forward(images(net))
    assert ran == []


def test_scores_are_planes_of_one_cell() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                                   nn.Linear(4, 7))))  # fmt: skip
    number = net.tape().layers[-1].number
    with net.hosted():
        found = forward_to(net, [number])(images(net))[number]
    assert found.shape == (3, 7, 1, 1)


def test_channels_that_come_last_are_brought_in_front() -> None:
    def forward(self: Written, x: Tensor) -> Tensor:
        shown: Tensor = torch.relu(self.head(self.one(x).permute(0, 2, 3, 1)))
        return shown

    net = glass(fill(Written(forward, one=conv(3, 4), head=nn.Linear(4, 6))))
    layer = net.tape().layers[-1]
    batch = images(net)
    with net.hosted():
        found = forward_to(net, [layer.number])(batch)[layer.number]
        expected = net.module(batch).permute(0, 3, 1, 2)
    assert found.shape == (3, 6, SIZE[0] - 2, SIZE[1] - 2)
    assert (found - expected).abs().max() < 1e-12


@pytest.mark.parametrize("size", [(11, 11), (24, 29), (30, 40)])
def test_other_sizes_run_too(size: tuple[int, int]) -> None:
    net = local("residual")
    layer = net.tape().default_layers[-1]
    batch = images(net, 2, size)
    with net.hosted():
        found = forward_to(net, [layer.number], size)(batch)[layer.number]
        assert (found - net.module(batch)).abs().max() < 1e-12


def test_what_follows_the_layer_need_not_take_the_size() -> None:
    module = nn.Sequential(conv(3, 4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 2))
    net = glass(fill(module), (8, 8))
    with net.hosted():
        found = forward_to(net, [1], (5, 5))(images(net, 2, (5, 5)))[1]
    assert found.shape == (2, 4, 3, 3)


# -- batches ------------------------------------------------------------------------------------
def mixing() -> nn.Module:
    return nn.Sequential(
        conv(3, 4), nn.BatchNorm2d(4, track_running_stats=False), nn.ReLU(), conv(4, 4)
    )


def one_only() -> nn.Module:
    def forward(self: Written, x: Tensor) -> Tensor:
        shown: Tensor = self.head(torch.relu(self.one(x)).mean((2, 3)).view(4))
        return shown[None]

    return Written(forward, one=conv(3, 4), head=nn.Linear(4, 5))


@pytest.mark.parametrize("module", [mixing, one_only])
def test_a_network_that_mixes_its_batch_runs_one_by_one(module: type[nn.Module]) -> None:
    net = glass(fill(module()))
    number = net.tape().layers[-1].number
    batch = images(net)
    with net.hosted():
        forward = forward_to(net, [number])
        together = forward(batch)[number]
        assert forward.rows == 1
        for row in range(3):
            assert torch.equal(forward(batch[row : row + 1])[number], together[row : row + 1])


def test_a_network_that_does_not_runs_all_at_once() -> None:
    net = local("residual")
    number = net.tape().layers[-1].number
    seen = []
    handle = net.module.register_forward_pre_hook(lambda part, args: seen.append(len(args[0])))
    with net.hosted():
        forward = forward_to(net, [number])
        seen.clear()
        forward(images(net, 5))
    handle.remove()
    assert forward.rows is None
    assert seen == [5]


def test_a_network_whose_views_need_plain_batches_gets_them() -> None:
    """``view`` fails on channels-last activations; a wrong layout would refuse every batch."""

    def forward(self: Written, x: Tensor) -> Tensor:
        y = torch.relu(self.one(x))
        shown: Tensor = self.head(y.view(len(y), -1))
        return shown

    net = glass(fill(Written(forward, one=conv(3, 4), head=nn.Linear(4 * 6 * 6, 2))), (8, 8))
    number = net.tape().layers[-1].number
    with net.hosted():
        made = forward_to(net, [number])
        assert (made.rows, made.layout) == (None, torch.contiguous_format)
        assert (made(images(net))[number][..., 0, 0] - net.module(images(net))).abs().max() < 1e-12


def test_a_network_that_writes_into_its_input_leaves_the_caller_s_alone() -> None:
    def forward(self: Written, x: Tensor) -> Tensor:
        x.mul_(2)
        shown: Tensor = torch.relu(self.one(x))
        return shown

    net = glass(fill(Written(forward, one=conv(3, 4))))
    number = net.tape().layers[-1].number
    colors = images(net).requires_grad_()
    before = colors.detach().clone()
    with net.hosted():
        found = forward_to(net, [number])(colors / 1)[number]
        (slope,) = torch.autograd.grad(found.sum(), colors)
        assert torch.equal(forward_to(net, [number])(before)[number], found)
    assert torch.equal(colors, before)
    assert slope.abs().sum() > 0


# -- refusals -----------------------------------------------------------------------------------
def test_a_cut_gradient_is_refused() -> None:
    def forward(self: Written, x: Tensor) -> Tensor:
        shown: Tensor = torch.relu(self.two(torch.relu(self.one(x)).detach()))
        return shown

    net = glass(fill(Written(forward, one=conv(3, 4), two=conv(4, 4))))
    with net.hosted(), pytest.raises(GradientCutError):
        forward_to(net, [net.tape().layers[-1].number])


def test_checkpointed_activations_are_refused() -> None:
    def forward(self: Written, x: Tensor) -> Tensor:
        y = checkpoint(lambda t: torch.relu(self.one(t)), x, use_reentrant=False)
        shown: Tensor = torch.relu(self.two(y))
        return shown

    net = glass(fill(Written(forward, one=conv(3, 4), two=conv(4, 4))))
    with net.hosted(), pytest.raises(HiddenOpError):
        forward_to(net, [net.tape().layers[-1].number])


def test_a_size_that_the_network_does_not_take_is_refused() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4, 7), nn.ReLU())), (24, 24))
    with net.hosted(), pytest.raises(ForwardError):
        forward_to(net, [1], (4, 4))


@pytest.mark.parametrize("failure", [None, RuntimeError("no"), KeyboardInterrupt()])
def test_the_network_is_as_it_was(failure: BaseException | None) -> None:
    class Weary(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.failure: BaseException | None = None

        def forward(self, x: Tensor) -> Tensor:
            if self.failure is not None:
                raise self.failure
            return F.relu(x)

    module = fill(nn.Sequential(conv(3, 4), nn.BatchNorm2d(4), Weary(), nn.Dropout(0.5)))
    module.train()
    net = glass(module)
    number = net.tape().layer("2").number
    before = fingerprint(module)
    with net.hosted():
        forward: Forward = forward_to(net, [number])
    module[2].failure = failure
    batch = images(net).requires_grad_()
    if failure is None:
        (slope,) = torch.autograd.grad(forward(batch)[number].sum(), batch)
        assert slope.abs().sum() > 0
    else:
        with pytest.raises((ForwardError, KeyboardInterrupt)):
            forward(batch)
    module[2].failure = None
    assert fingerprint(module) == before
