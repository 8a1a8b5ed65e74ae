"""Real networks: SqueezeNet on ImageNet, a CIFAR ResNet-20 of option A; Captum beside them."""

from __future__ import annotations

import random
import warnings
from copy import deepcopy
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.images.read import read
from convscope.net.cone import plan
from convscope.net.crop import crop_for, project_crops
from convscope.net.full import Seed, activations, project_full
from convscope.net.intake import load
from convscope.net.net import Net, run
from convscope.net.rules import Rule
from convscope.net.switches import SwitchWatch
from convscope.net.tape import Tape
from convscope.net.walkback import project_cones
from convscope.results.layer import Layer
from tests.net.oracles import DECONVNET, by_cone, by_crop, cells, full, gap, strongest
from tests.net.zoo import glass

SMALL = (99, 115)
"""Small enough for float64; odd, not square."""


@pytest.fixture(scope="module")
def squeezenet(shared: Path) -> Net:
    return load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")


@pytest.fixture(scope="module")
def photo(shared: Path, squeezenet: Net) -> Tensor:
    """One photograph as its input, (1, 3, 227, 227)."""
    folder = shared / "data" / "imagenet-sample"
    path = sorted(folder.glob("*/*.jpg"))[41]
    return torch.from_numpy(read(path, squeezenet.preprocessing).array)[None]


@pytest.fixture(scope="module")
def double(squeezenet: Net, photo: Tensor) -> tuple[Net, Tensor]:
    """SqueezeNet in float64 on a small window of the photograph."""
    net = glass(deepcopy(squeezenet.module).double().eval(), SMALL)
    return net, photo[:, :, 40 : 40 + SMALL[0], 60 : 60 + SMALL[1]].double()


def test_squeezenet_has_26_default_layers(squeezenet: Net) -> None:
    layers = squeezenet.tape().default_layers
    assert (len(layers), sum(layer.channels for layer in layers)) == (26, 3976)
    assert [layer.name for layer in layers[:3]] == [
        *("features.1", "features.3.squeeze_activation", "features.3.expand1x1_activation"),
    ]
    assert layers[-1].name == "classifier.2"
    statuses = {layer.field.status for layer in layers}
    assert statuses == {"EXACT"}


def test_squeezenets_crops_and_cones_are_the_whole_image(double: tuple[Net, Tensor]) -> None:
    net, image = double
    tape = net.tape()
    found = activations(net, tape, image, [layer.number for layer in tape.default_layers])
    for layer in tape.default_layers:
        for cell in [cells(layer)[4], cells(layer)[1], cells(layer)[-1]]:
            channel = strongest(tape.ops[layer.number], found[layer.number], cell)
            expected = full(net, tape, image, layer.name, channel, cell)
            crop = by_crop(net, tape, image, layer.name, channel, cell)
            cone = by_cone(net, tape, image, layer.name, channel, cell)
            assert crop is not None
            assert cone is not None
            assert gap(crop, expected) < 1e-10, (layer.name, cell)
            assert gap(cone, expected) < 1e-10, (layer.name, cell)


def _units(layer: Layer, values: Tensor, count: int) -> list[tuple[int, tuple[int, int]]]:
    draw = random.Random(layer.number)
    channels = draw.sample(range(layer.channels), min(count * 3, layer.channels))
    places = [(c, int(values[0, c].argmax())) for c in channels if values[0, c].max() > 0]
    return [(c, divmod(place, layer.width)) for c, place in places[:count]]


def test_in_float32_crops_and_cones_agree_but_for_near_ties(squeezenet: Net, photo: Tensor) -> None:
    tape = squeezenet.tape()
    found = activations(squeezenet, tape, photo, [layer.number for layer in tape.default_layers])
    crops, cones = [], []
    for layer in tape.default_layers:
        units = _units(layer, found[layer.number], 20)
        seeds = [Seed(channel, cell) for channel, cell in units]
        whole = project_full(squeezenet, tape, DECONVNET, photo, layer.number, seeds)
        expected = [projection for _, projection in whole]
        crops += _gaps(_crops(squeezenet, tape, photo, layer, units), expected)
        cones += _gaps(_cones(squeezenet, tape, photo, layer, units), expected)
    assert len(crops) >= 500
    for gaps in (crops, cones):
        off = [g for g in gaps if g > 1e-5]  # a pool's switch flipped at a near-tie
        assert len(off) <= 0.02 * len(gaps), f"{len(off)} of {len(gaps)} differ: {off}"


def _gaps(found: list[Tensor], expected: list[Tensor]) -> list[float]:
    return [gap(a, b) for a, b in zip(found, expected, strict=True)]


def _crops(net: Net, tape: Tape, image: Tensor, layer: Layer, units: Any) -> list[Tensor]:
    wholes = [torch.zeros_like(image[0]) for _ in units]
    planned = [(crop_for(tape, layer.number, cell), i) for i, (_, cell) in enumerate(units)]
    jobs = sorted(((crop, i) for crop, i in planned if crop), key=lambda job: _size(job[0].box))
    for _, group in groupby(jobs, key=lambda job: _size(job[0].box)):
        batch = list(group)
        boxes = [crop.box for crop, _ in batch]
        cut = torch.cat([image[:, :, b.y0 : b.y1, b.x0 : b.x1] for b in boxes])
        seeds = [(units[i][0], crop.cell) for crop, i in batch]
        _, drawn = project_crops(net, tape, DECONVNET, cut, layer.number, seeds)
        for (_, i), box, projection in zip(batch, boxes, drawn, strict=True):
            wholes[i][:, box.y0 : box.y1, box.x0 : box.x1] = projection
    return wholes


def _size(box: Any) -> tuple[int, int]:
    return box.height, box.width


def _cones(net: Net, tape: Tape, image: Tensor, layer: Layer, units: Any) -> list[Tensor]:
    cone = plan(tape, layer.number)
    assert cone is not None
    watch = SwitchWatch(tape, cone.pools, [(layer.number, (0, c, *cell)) for c, cell in units])
    run(net, image, watch)
    switches = {number: taps[0] for number, taps in watch.switches.items()}
    values = torch.stack([watch.values[i].reshape(()) for i in range(len(units))])
    places = [cell for _, cell in units]
    drawn = project_cones(cone, [c for c, _ in units], places, values, [switches] * len(units))
    wholes = []
    for cell, projection in zip(places, drawn, strict=True):
        frame = layer.field.frame(cell, *image.shape[2:])
        box = frame.clip(*image.shape[2:])
        whole = torch.zeros_like(image[0])
        top, left = box.y0 - frame.y0, box.x0 - frame.x0
        inside = projection[:, top : top + box.height, left : left + box.width]
        whole[:, box.y0 : box.y1, box.x0 : box.x1] = inside
        wholes.append(whole)
    return wholes


# -- Captum -------------------------------------------------------------------------------------
def _captum(module: nn.Module, layer: nn.Module, image: Tensor, unit: tuple[int, ...]) -> Tensor:
    captum = pytest.importorskip("captum.attr", reason="Captum is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = captum.NeuronDeconvolution(module, layer).attribute(image, unit)
    return found[0].detach()


def test_100_random_units_are_captums(double: tuple[Net, Tensor]) -> None:
    net, image = double
    tape, draw = net.tape(), random.Random(3)
    parts = dict(net.module.named_modules())
    found = activations(net, tape, image, [layer.number for layer in tape.default_layers])
    compared = 0
    while compared < 100:
        layer = draw.choice(tape.default_layers)
        channel, y, x = (draw.randrange(n) for n in (layer.channels, layer.height, layer.width))
        value = float(found[layer.number][0, channel, y, x])
        if value <= 0:
            continue
        mine = full(net, tape, image, layer.name, channel, (y, x)) / value  # Captum's seed is 1
        theirs = _captum(net.module, parts[layer.name], image, (channel, y, x))
        assert gap(mine, theirs) < 1e-9, (layer.name, channel, y, x)
        compared += 1


class Rectifiers(nn.Module):
    """F.relu where ``modules`` is false, else one nn.ReLU for each call."""

    def __init__(self, modules: bool) -> None:
        super().__init__()
        self.modules_ = nn.ModuleList([nn.ReLU(), nn.ReLU()]) if modules else None

    def forward(self, x: Tensor, call: int) -> Tensor:
        return F.relu(x) if self.modules_ is None else self.modules_[call](x)


class Basic(nn.Module):
    def __init__(self, i: int, o: int, stride: int, modules: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(o)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(o)
        self.stride, self.extra = stride, (o - i) // 2
        self.rectify = Rectifiers(modules)

    def forward(self, x: Tensor) -> Tensor:
        out = self.rectify(self.bn1(self.conv1(x)), 0)
        out = self.bn2(self.conv2(out))
        if self.stride != 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.extra, self.extra))
        out += x
        return self.rectify(out, 1)


class ResNet20(nn.Module):
    """He et al. 2015, section 4.2, option A."""

    def __init__(self, modules: bool) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.rectify = Rectifiers(modules)
        widths = [(16, 16, 1), (16, 32, 2), (32, 64, 2)]
        for stage, (i, o, stride) in enumerate(widths, 1):
            first = Basic(i, o, stride, modules)
            rest = [Basic(o, o, 1, modules) for _ in range(2)]
            self.add_module(f"layer{stage}", nn.Sequential(first, *rest))
        self.linear = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.rectify(self.bn1(self.conv1(x)), 0)
        for stage in (self.layer1, self.layer2, self.layer3):
            x = stage(x)
        return self.linear(F.avg_pool2d(x, x.shape[3]).flatten(1))


@pytest.fixture(scope="module")
def resnets(shared: Path) -> tuple[Net, Net]:
    from safetensors.torch import load_file

    weights = load_file(shared / "data" / "resnet20-cifar10.safetensors")
    nets = []
    for modules in (False, True):
        module = ResNet20(modules)
        module.load_state_dict(weights)
        nets.append(glass(module.double().eval(), (32, 32)))
    return nets[0], nets[1]


def test_functional_rectifiers_are_drawn_where_captum_draws_the_gradient(
    resnets: tuple[Net, Net],
) -> None:
    functional, modules = resnets
    generator = torch.Generator().manual_seed(5)
    image = torch.randn(1, 3, 32, 32, generator=generator, dtype=torch.float64)
    tape, twin = functional.tape(), modules.tape()
    assert [layer.field for layer in tape.layers] == [layer.field for layer in twin.layers]
    parts = [dict(net.module.named_modules()) for net in resnets]
    for name in ("layer1.1", "layer2.0", "layer3.2"):
        layer = tape.layer(name)
        values = activations(functional, tape, image, [layer.number])[layer.number]
        cell = (layer.height // 2, layer.width // 3)
        channel = strongest(tape.ops[layer.number], values, cell)
        value, unit = float(values[0, channel, *cell]), (channel, *cell)
        mine = full(functional, tape, image, name, channel, cell) / value
        assert gap(mine, full(modules, twin, image, name, channel, cell) / value) < 1e-12
        assert gap(mine, _captum(modules.module, parts[1][name], image, unit)) < 1e-9
        theirs = _captum(functional.module, parts[0][name], image, unit)
        gradient = full(functional, tape, image, name, channel, cell, Rule("gradient")) / value
        assert gap(theirs, gradient) < 1e-9
        assert gap(theirs, mine) > 0.1


def test_resnets_crops_and_cones_are_the_whole_image(resnets: tuple[Net, Net]) -> None:
    net, _ = resnets
    tape = net.tape()
    generator = torch.Generator().manual_seed(6)
    image = torch.randn(1, 3, 32, 32, generator=generator, dtype=torch.float64)
    local = [layer for layer in tape.default_layers if layer.is_spatial]
    found = activations(net, tape, image, [layer.number for layer in local])
    for layer in local:
        for cell in [cells(layer)[4], cells(layer)[0]]:
            channel = strongest(tape.ops[layer.number], found[layer.number], cell)
            expected = full(net, tape, image, layer.name, channel, cell)
            for way in (by_crop, by_cone):
                drawn = way(net, tape, image, layer.name, channel, cell)
                assert drawn is not None
                assert gap(drawn, expected) < 1e-10, (way.__name__, layer.name, cell)
