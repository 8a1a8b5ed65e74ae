"""The gradient family on real networks, beside Captum where Captum is right."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.gradient import gradient
from convscope.methods.options.gradient import GradientOptions
from convscope.net.intake import load
from convscope.net.net import Net
from tests.contract.fingerprint import fingerprint
from tests.methods.test_gradient import KINDS, classifier, gap, photo_of, plain
from tests.net.test_real import ResNet20
from tests.net.zoo import conv, fill, glass

captum = pytest.importorskip("captum.attr", reason="Captum is not installed")
SIGMA, SAMPLES, STEPS = 0.2, 5, 11


def theirs(kind: str, module: nn.Module, image: Image, target: int, dtype: Any) -> NDArray[Any]:
    """Captum's picture of a class."""
    x = torch.from_numpy(image.array).to(dtype)[None]
    calls: dict[str, Callable[[], Tensor]] = {
        "gradient": lambda: captum.Saliency(module).attribute(x, target, abs=False),
        "input_gradient": lambda: captum.InputXGradient(module).attribute(x, target),
        "integrated": lambda: captum.IntegratedGradients(module).attribute(
            x, 0.0, target, n_steps=STEPS
        ),
        "guided": lambda: captum.GuidedBackprop(module).attribute(x, target),
        "deconvnet": lambda: captum.Deconvolution(module).attribute(x, target),
        "smoothgrad": lambda: captum.NoiseTunnel(captum.Saliency(module)).attribute(
            x, nt_samples=SAMPLES, stdevs=1.0, target=target, abs=False
        ),
    }
    with warnings.catch_warnings(), _our_noise(image, dtype):
        warnings.simplefilter("ignore")
        return calls[kind]()[0].detach().numpy()


@contextmanager
def _our_noise(image: Image, dtype: Any) -> Iterator[None]:
    """Give Captum's noise tunnel the noise that `smoothgrad` draws."""
    drawn = np.random.default_rng(0)
    spread = SIGMA * float(image.array.max() - image.array.min())
    noise = [drawn.standard_normal(image.array.shape, np.float32) for _ in range(SAMPLES)]
    with pytest.MonkeyPatch.context() as patch:
        made = spread * torch.from_numpy(np.stack(noise)).to(dtype)
        patch.setattr(torch, "normal", lambda mean, std: made)
        yield


def options(kind: str) -> GradientOptions:
    return plain(kind, sigma=SIGMA, samples=SAMPLES, steps=STEPS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_small_network_with_module_rectifiers(kind: str) -> None:
    net = glass(fill(classifier()), (16, 18))
    photo = photo_of(net)
    found = [gradient(net, photo, f"class:{c}", options(kind)).array for c in range(3)]
    for number, mine in enumerate(found):
        expected = theirs(kind, deepcopy(net.module), photo, number, torch.float64)
        assert gap(mine, expected) < 1e-6 or not expected.any()
    assert sum(bool(mine.any()) for mine in found) >= 2


@pytest.fixture(scope="module")
def squeezenet(shared: Path) -> tuple[Net, Image]:
    net = load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")
    path = sorted((shared / "data" / "imagenet-sample").glob("*/*.jpg"))[41]
    return net, read(path, net.preprocessing)


@pytest.mark.parametrize("kind", KINDS)
def test_squeezenet(squeezenet: tuple[Net, Image], kind: str) -> None:
    net, photo = squeezenet
    net = Net(deepcopy(net.module).double().eval(), net.preprocessing)
    found = gradient(net, photo, "class:82", options(kind))
    expected = theirs(kind, net.module, photo, 82, torch.float64)
    assert gap(found.array, expected) < 1e-5
    assert found.value == pytest.approx(23.40, abs=0.01)


def test_squeezenet_in_float32(squeezenet: tuple[Net, Image]) -> None:
    net, photo = squeezenet
    module = deepcopy(net.module).eval()  # Captum leaves dropout on
    for kind in ("gradient", "guided", "deconvnet"):  # one forward, and so the same switches
        found = gradient(net, photo, "class:ruffed grouse", options(kind))
        assert gap(found.array, theirs(kind, module, photo, 82, torch.float32)) < 1e-5


UNITS = {
    "gradient": captum.NeuronGradient,
    "guided": captum.NeuronGuidedBackprop,
    "deconvnet": captum.NeuronDeconvolution,
}


@pytest.mark.parametrize("kind", UNITS)
def test_two_units_of_squeezenet(squeezenet: tuple[Net, Image], kind: str) -> None:
    net, photo = squeezenet
    module = deepcopy(net.module).eval()
    parts = dict(module.named_modules())
    x = torch.from_numpy(photo.array)[None]
    for name, channel in (
        ("features.4.squeeze_activation", 7),
        ("features.12.expand3x3_activation", 3),
    ):
        layer = net.tape().layer(name)
        found = gradient(net, photo, f"{layer.name}:{channel}", plain(kind))
        assert found.array.any()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = UNITS[kind](module, parts[name])
            expected = made.attribute(x, (channel, *found.cell))[0].detach().numpy()  # type: ignore[misc]
        assert gap(found.array, expected) < 1e-5


@pytest.fixture(scope="module")
def resnets(shared: Path) -> tuple[Net, Net]:
    """The same weights with functional rectifiers, and with modules."""
    from safetensors.torch import load_file

    weights = load_file(shared / "data" / "resnet20-cifar10.safetensors")
    nets = []
    for modules in (False, True):
        module = ResNet20(modules)
        module.load_state_dict(weights)
        nets.append(glass(module.double().eval(), (32, 32)))
    return nets[0], nets[1]


@pytest.mark.parametrize("kind", KINDS)
def test_functional_rectifiers_are_right_where_captum_draws_the_gradient(
    resnets: tuple[Net, Net], kind: str
) -> None:
    functional, modules = resnets
    photo = photo_of(functional)
    mine, twin_ = (gradient(net, photo, "class:3", options(kind)).array for net in resnets)
    assert gap(mine, twin_) < 1e-6
    assert gap(mine, theirs(kind, modules.module, photo, 3, torch.float64)) < 1e-5
    if kind in ("guided", "deconvnet"):
        wrong = theirs(kind, functional.module, photo, 3, torch.float64)
        assert gap(wrong, theirs("gradient", functional.module, photo, 3, torch.float64)) < 1e-9
        assert gap(mine, wrong) > 0.1
    unit = f"layer2.1:{int(np.argmax(_maxima(functional, photo, 'layer2.1')))}"
    mine, twin_ = (gradient(net, photo, unit, options(kind)).array for net in resnets)
    assert mine.any()
    assert gap(mine, twin_) < 1e-6


def _maxima(net: Net, photo: Image, name: str) -> NDArray[Any]:
    from convscope.net.full import activations

    number = net.tape().layer(name).number
    found = activations(net, net.tape(), net.one(photo), [number])[number][0]
    return found.flatten(1).amax(1).numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_a_fully_connected_head_is_its_convolutional_twin(kind: str) -> None:
    """W^T with a rectifier between, whether written as linear layers or as convolutions."""
    linear: Any = fill(
        nn.Sequential(
            *(conv(3, 4, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 7 * 8, 6), nn.ReLU()),
            nn.Linear(6, 3),
        )
    )
    twin_: Any = nn.Sequential(
        *(conv(3, 4, stride=2), nn.ReLU(), conv(4, 6, (7, 8)), nn.ReLU(), conv(6, 3, 1)),
        nn.Flatten(),
    ).double()
    for target, source in ((0, 0), (2, 3), (4, 5)):
        twin_[target].weight.data = linear[source].weight.data.view_as(twin_[target].weight)
        twin_[target].bias.data = linear[source].bias.data
    nets = [glass(module.eval(), (15, 17)) for module in (linear, twin_)]
    photo = photo_of(nets[0])
    drawn = 0
    for number in range(3):
        mine, other = (gradient(n, photo, f"class:{number}", options(kind)).array for n in nets)
        assert gap(mine, other) < 1e-6 or not other.any()
        drawn += bool(mine.any())
    assert drawn >= 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_guest_is_as_it_was(kind: str) -> None:
    net = glass(fill(classifier()), (16, 18))
    net.module.train()
    before = fingerprint(net.module)
    gradient(net, photo_of(net), "class:1", GradientOptions(kind, samples=3, steps=3))  # type: ignore[arg-type]
    assert fingerprint(net.module) == before
