"""The gradient between two layers: against autograd on separate tensors and finite differences."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from convscope.errors import AddressError, ConvscopeError, GradientCutError
from convscope.net.between import Between, between, reached, way
from convscope.net.net import Net
from tests.net.zoo import Forward, conv, fill, glass, photograph

SIZE = (9, 11)


def parts() -> dict[str, nn.Module]:
    return {"one": conv(3, 4, padding=1), "two": conv(4, 5), "fc": nn.Linear(5, 3)}


def head(self: nn.Module, x: Tensor) -> Tensor:
    return self.fc(self.two(x).relu().mean((2, 3)))  # type: ignore[no-any-return,operator]


SPELLINGS = {
    "modules": lambda self, x: head(self, self.act(self.one(x))),
    "functional": lambda self, x: head(self, F.relu(self.one(x))),
    "method": lambda self, x: head(self, self.one(x).relu()),
    "in place": lambda self, x: head(self, self.one(x).relu_()),
    "in place, ignored": lambda self, x: head(self, _rectified(self.one(x))),
    "in place module": lambda self, x: head(self, self.inplace(self.one(x))),
    "scaled in place": lambda self, x: head(self, self.inplace(self.one(x).mul_(1.0))),
    "part in place": lambda self, x: head(self, _part(self.one(x))),
}
"""One function, written in many ways; the layer ``one`` is the convolution's own result."""


def _rectified(x: Tensor) -> Tensor:
    x.relu_()
    return x


def _part(x: Tensor) -> Tensor:
    x[:, :2].mul_(1.0)
    return x.relu()


def net(spelling: str) -> Net:
    extra = {"act": nn.ReLU(), "inplace": nn.ReLU(inplace=True)}
    return glass(fill(Forward(SPELLINGS[spelling], **parts(), **extra)), SIZE)


def looked(net: Net, image: Tensor, layer: str = "one", channel: int = 1) -> Between:
    tape = net.tape()
    numbers = (tape.layer(layer).number, tape.layer("fc").number)
    return between(net, tape, image, numbers, lambda result: result[:, channel])


def truth(net: Net, image: Tensor, channel: int = 1) -> tuple[Tensor, Tensor]:
    """The activation as a leaf, and the rest of the network written out."""
    module = net.module
    with torch.no_grad():
        leaf = module.one(image).clone()  # type: ignore[operator]
    leaf.requires_grad_()
    score = head(module, torch.relu(leaf))[:, channel].sum()
    return leaf.detach(), torch.autograd.grad(score, leaf)[0]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_has_the_gradient_before_the_rectifier(spelling: str) -> None:
    one = net(spelling)
    image = photograph(one)
    found, (activation, gradient) = looked(one, image), truth(one, image)
    assert float(activation.min()) < 0
    assert torch.equal(found.activation, activation)
    assert torch.allclose(found.gradient, gradient, rtol=0, atol=1e-14)
    assert float(found.gradient.abs().max()) > 0.001
    assert torch.equal(found.result, one.module(image).detach())


def test_it_is_what_finite_differences_say() -> None:
    one = net("in place module")
    image = photograph(one)
    found = looked(one, image)

    def score(activation: Tensor) -> float:
        with torch.no_grad():
            return float(head(one.module, activation.relu())[0, 1])

    step = 1e-6
    for place in [(0, 0, 0, 0), (0, 3, 4, 5), (0, 2, 8, 10), (0, 1, 3, 7)]:
        moved = torch.zeros_like(found.activation)
        moved[place] = step
        slope = (score(found.activation + moved) - score(found.activation - moved)) / (2 * step)
        assert slope == pytest.approx(float(found.gradient[place]), abs=1e-8)


def test_a_batch_is_its_images() -> None:
    one = net("modules")
    images = torch.cat([photograph(one, seed) for seed in range(3)])
    whole = looked(one, images)
    for i in range(3):
        alone = looked(one, images[i : i + 1])
        assert torch.allclose(whole.gradient[i], alone.gradient[0], rtol=0, atol=1e-14)


def test_a_reused_module_is_told_apart_by_its_call() -> None:
    def forward(self: nn.Module, x: Tensor) -> Tensor:
        return head(self, self.act(self.again(self.act(self.one(x)))))  # type: ignore[operator]

    module = Forward(forward, **parts(), act=nn.ReLU(), again=conv(4, 4, padding=1))
    one = glass(fill(module), SIZE)
    image = photograph(one)
    first, second = (looked(one, image, f"act@{n}") for n in (1, 2))
    assert torch.equal(first.activation, module.one(image).relu().detach())  # type: ignore[operator]
    assert not torch.equal(first.activation, second.activation)
    assert not torch.equal(first.gradient, second.gradient)


def test_channels_last_layers_come_as_maps() -> None:
    def forward(self: nn.Module, x: Tensor) -> Tensor:
        rows = self.norm(self.one(x).permute(0, 2, 3, 1))  # type: ignore[operator]
        return head(self, rows.permute(0, 3, 1, 2))

    one = glass(fill(Forward(forward, **parts(), norm=nn.LayerNorm(4))), SIZE)
    image = photograph(one)
    found = looked(one, image, "norm")
    rows = one.module.norm(one.module.one(image).permute(0, 2, 3, 1))  # type: ignore[operator]
    leaf = rows.permute(0, 3, 1, 2).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(head(one.module, leaf)[0, 1], leaf)
    assert torch.equal(found.activation, leaf)
    assert torch.allclose(found.gradient, gradient, rtol=0, atol=1e-14)


def _detached(self: nn.Module, x: Tensor) -> Tensor:
    return head(self, self.one(x).detach())  # type: ignore[operator]


def _ungraded(self: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        x = self.one(x).relu()  # type: ignore[operator]
    return head(self, x)


def _overwritten(self: nn.Module, x: Tensor) -> Tensor:
    x = self.one(x)  # type: ignore[operator]
    y = x.sigmoid()
    z = y * 2
    y.mul_(3)
    return head(self, z + y)


def _view(self: nn.Module, x: Tensor) -> Tensor:
    x = self.one(x)  # type: ignore[operator]
    seen = x.view(x.shape)
    first = seen * 2
    x.relu_()
    return head(self, first + seen)


@pytest.mark.parametrize(
    ("forward", "layer"),
    [(_detached, "one"), (_ungraded, "one"), (_overwritten, "one"), (_view, "/reshape")],
)
def test_a_gradient_that_is_cut_is_said(forward: object, layer: str) -> None:
    one = glass(fill(Forward(forward, **parts())), SIZE)  # type: ignore[arg-type]
    with pytest.raises(GradientCutError, match=r"one|reshape"):
        looked(one, photograph(one), layer)


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
def test_checkpointing_is_refused() -> None:
    for reentrant in (True, False):

        def forward(self: nn.Module, x: Tensor, reentrant: bool = reentrant) -> Tensor:
            x = self.one(x)  # type: ignore[operator]
            return self.fc(  # type: ignore[operator,no-any-return]
                checkpoint(self.two, x, use_reentrant=reentrant).mean((2, 3))
            )

        one = glass(fill(Forward(forward, **parts())), SIZE)
        with pytest.raises(ConvscopeError, match="checkpoint"):
            looked(one, photograph(one))


def test_a_layer_that_does_not_come_after_is_refused() -> None:
    one = net("modules")
    tape, image = one.tape(), photograph(one)
    numbers = (tape.layer("fc").number, tape.layer("one").number)
    with pytest.raises(AddressError, match=r"one does not come after fc.* Choose a layer before"):
        between(one, tape, image, numbers, lambda result: result.sum())


def test_reached_is_a_bare_forward_that_ends_there() -> None:
    one = net("modules")
    tape, image = one.tape(), photograph(one)
    found = reached(one, tape, image, tape.layer("act").number)
    assert torch.equal(found, one.module.one(image).relu().detach())  # type: ignore[operator]
    assert not found.requires_grad


def test_the_way_leaves_out_what_does_not_lie_on_it() -> None:
    def forward(self: nn.Module, x: Tensor) -> Tensor:
        aside = self.one(x)  # type: ignore[operator]
        x = self.act(self.again(x))  # type: ignore[operator]
        return head(self, x + aside)

    module = Forward(forward, **parts(), act=nn.ReLU(), again=conv(3, 4, padding=1))
    tape = glass(fill(module), SIZE).tape()
    found = [
        tape.ops[n].name for n in way(tape, tape.layer("again").number, tape.layer("two").number)
    ]
    assert found == ["again", "act", "/add", "two"]
