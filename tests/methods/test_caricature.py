from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.errors import AddressError, DataError, GradientCutError, UsageError
from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.caricature import caricature
from convscope.methods.options.caricature import CaricatureOptions
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.preprocess import Preprocessing
from convscope.results.caricature import Caricature
from convscope.results.file import load_result
from convscope.synthesis.presets import preset
from tests.net.zoo import Forward, conv, fill
from tests.twins import caricature as twin
from tests.twins.fooling import Model

SIZE = (14, 12)
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.5)


def chain(channels: int = 3) -> nn.Sequential:
    made = nn.Sequential(
        *(conv(channels, 6, padding=1), nn.ReLU(), nn.MaxPool2d(2), conv(6, 5), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(5 * 5 * 4, 4)),
    )
    fill(made, seed=1)
    return made


def glass(module: nn.Module, channels: int = 3) -> Net:
    prep = Preprocessing(SIZE, None, mean=MEAN[:channels], std=STD[:channels])
    net = Net(module, prep)
    net.labels = net.keys = ("beagle", "tabby", "crane", "flute")
    return net


@pytest.fixture(scope="module")
def net() -> Net:
    return glass(chain())


def photo_of(net: Net, seed: int = 3) -> Image:
    shape = (*SIZE, net.preprocessing.channels)
    pixels = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    return read(pixels, net.preprocessing, id="noise")


@pytest.fixture(scope="module")
def photo(net: Net) -> Image:
    return photo_of(net)


def model_of(net: Net, depth: int) -> Model:
    mean, std = (np.array(v)[:, None, None] for v in (MEAN, STD))
    return Model(net.module[:depth], mean, std)  # type: ignore[index]


def noise(seed: int) -> NDArray[np.float64]:
    drawn = torch.randn((3, *SIZE), generator=torch.Generator().manual_seed(seed))
    return np.asarray(127.5 + 10 * drawn.double().numpy())


def alike(model: Model, photo: Image, x: NDArray[np.float64]) -> tuple[float, float]:
    a = twin.activations(model, photo.shown.transpose(2, 0, 1).astype(np.float64)).ravel()
    b = twin.activations(model, np.rint(np.clip(x, 0, 255))).ravel()
    lengths = np.sqrt((a**2).sum()), np.sqrt((b**2).sum())
    return float(a @ b / (lengths[0] * lengths[1])), float(lengths[1] / lengths[0])


# -- the slow twin --------------------------------------------------------------------------------
@pytest.mark.parametrize("layer", ["1", "3", "4", "6"])
@pytest.mark.parametrize("power", [0.0, 1.0, 4.0])
def test_it_is_the_slow_twins(net: Net, photo: Image, layer: str, power: float) -> None:
    options = CaricatureOptions("plain", power, steps=7, seed=4)
    found, model = caricature(net, photo, layer, options), model_of(net, int(layer) + 1)
    start = noise(4)
    levels = photo.shown.transpose(2, 0, 1).astype(np.float64)
    expected = twin.climb(model, levels, start, 7, 1.0, power)
    assert np.array_equal(found.picture.transpose(2, 0, 1), np.rint(np.clip(expected, 0, 255)))
    assert (found.cosine, found.ratio) == pytest.approx(alike(model, photo, expected), rel=1e-6)
    assert (found.noise_cosine, found.noise_ratio) == pytest.approx(
        alike(model, photo, start), rel=1e-6
    )
    assert np.array_equal(found.shown, photo.shown)
    assert found.layer == layer


def test_both_sides_of_the_least_cosine_are_the_slow_twins() -> None:
    """On a signed layer the noise may point away from the photograph."""
    net = glass(chain())
    photo, model = photo_of(net), model_of(net, 7)
    levels = photo.shown.transpose(2, 0, 1).astype(np.float64)
    begun = set()
    for seed in range(6):
        options = CaricatureOptions("plain", 2.0, steps=2, seed=seed)
        found = caricature(net, photo, "6", options)
        expected = twin.climb(model, levels, noise(seed), 2, 1.0, 2.0)
        assert np.array_equal(found.picture.transpose(2, 0, 1), np.rint(np.clip(expected, 0, 255)))
        begun.add(found.noise_cosine > 0.1)
    assert begun == {True, False}


# -- more so --------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["auto", "natural", "lucid", "maco", "plain"])
def test_every_recipe_brings_it_nearer_and_further(net: Net, photo: Image, name: Any) -> None:
    found = caricature(net, photo, "4", CaricatureOptions(name, steps=60))
    assert found.cosine > found.noise_cosine
    assert found.along > found.noise_cosine * found.noise_ratio
    assert found.picture.shape == photo.shown.shape
    assert found.note == ""


def test_the_power_trades_length_for_direction(net: Net, photo: Image) -> None:
    none, much = (
        caricature(net, photo, "4", CaricatureOptions("plain", power, steps=200))
        for power in (0.0, 8.0)
    )
    assert much.cosine > none.cosine
    assert none.along > much.along


def test_no_steps_leave_the_noise(net: Net, photo: Image) -> None:
    found = caricature(net, photo, "4", CaricatureOptions("plain", steps=0))
    assert found.cosine == found.noise_cosine
    assert np.array_equal(found.picture.transpose(2, 0, 1), np.rint(noise(0)))
    assert found.note == ""


def test_the_same_seed_gives_the_same_bytes(photo: Image) -> None:
    one, again, other = (
        caricature(glass(chain()), photo, "4", CaricatureOptions(steps=5, seed=seed))
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one.picture, again.picture)
    assert one.provenance == again.provenance
    assert not np.array_equal(one.picture, other.picture)


def test_one_channel() -> None:
    net = glass(chain(1), 1)
    found = caricature(net, photo_of(net), "3", CaricatureOptions(steps=20))
    assert found.picture.shape == (*SIZE, 1)
    assert found.cosine > found.noise_cosine


def test_progress_counts_steps(net: Net, photo: Image) -> None:
    heard: list[tuple[int, int, str]] = []
    few = CaricatureOptions(steps=3)
    caricature(net, photo, "4", few, progress=lambda *told: heard.append(told))
    assert heard == [(i, 3, "drawing 4") for i in (1, 2, 3)]


# -- what is said ---------------------------------------------------------------------------------
def test_a_silent_layer_has_nothing_to_exaggerate(photo: Image) -> None:
    net = glass(chain())
    with torch.no_grad():
        net.module[3].bias -= 1000.0  # type: ignore[index,union-attr,operator]
    found = caricature(net, photo, "4", CaricatureOptions(steps=3))
    assert found.note.startswith("4 is zero everywhere on this photograph, so there is nothing to")
    assert np.isnan(found.cosine)
    assert np.isnan(found.ratio)


def test_noise_that_leaves_the_layer_silent_is_said() -> None:
    """A layer that only a bright pixel wakes."""
    module: Any = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU()).double()
    with torch.no_grad():
        module[0].weight.fill_(1.0)
        module[0].bias.fill_(-5.0)
    other = Net(module, Preprocessing(SIZE, None, mean=(0.5,) * 3, std=(0.2,) * 3))
    bright = read(np.full((*SIZE, 3), 255, np.uint8), other.preprocessing)
    found = caricature(other, bright, "1", CaricatureOptions("plain", steps=3))
    assert found.note.startswith("No small change of the noise changes how alike 1 is")
    assert found.ratio == 0


def test_a_climb_that_is_no_longer_finite_is_said() -> None:
    def forward(self: Any, x: Tensor) -> Tensor:
        return self.a(x) * torch.where(x.abs().amax((1, 2, 3), True) > 4, torch.nan, 1.0)  # type: ignore[no-any-return]

    net = glass(fill(Forward(forward, a=conv(3, 2))))
    gray = read(np.full((*SIZE, 3), 90, np.uint8), net.preprocessing)
    options = CaricatureOptions(recipe=preset("plain", lr=9.0), steps=40)
    found = caricature(net, gray, "/mul", options)
    assert found.note == "The climb diverged, and its best before is shown: the step is too large."
    assert found.cosine > found.noise_cosine


def test_what_cannot_be_is_told(net: Net, photo: Image) -> None:
    with pytest.raises(AddressError, match="No layer 'nowhere'"):
        caricature(net, photo, "nowhere")
    for part in ("4:2", "4:1+2", "class:beagle", "4:random.3"):
        with pytest.raises(AddressError, match="is no whole layer, which a caricature is of"):
            caricature(net, photo, part)
    with pytest.raises(AddressError, match="A class is written class:beagle"):
        caricature(net, photo, "beagle")
    with pytest.raises(DataError, match="this network takes"):
        caricature(load("bundled:photos", device="cpu"), photo, "relu3")
    with pytest.raises(UsageError, match="power is -1"):
        CaricatureOptions(power=-1)


def test_values_that_are_not_finite_are_refused(photo: Image) -> None:
    net = glass(chain())
    with torch.no_grad():
        net.module[3].weight[1] = torch.nan  # type: ignore[index,union-attr,operator]
    with pytest.raises(DataError, match="4 is not finite on this image"):
        caricature(net, photo, "4")


def test_a_cut_gradient_is_told(photo: Image) -> None:
    def forward(self: Any, x: Tensor) -> Tensor:
        return self.a(x).detach().relu()  # type: ignore[no-any-return]

    with pytest.raises(GradientCutError):
        caricature(glass(fill(Forward(forward, a=conv(3, 4)))), photo, "/relu")


def test_it_is_saved_and_read_back(net: Net, photo: Image, tmp_path: Path) -> None:
    made = caricature(net, photo, "4", CaricatureOptions(steps=3))
    found = load_result(made.save(tmp_path / "one.safetensors"))
    assert isinstance(found, Caricature)
    for field in dataclasses.fields(made):
        mine, theirs = (getattr(r, field.name) for r in (made, found))
        same = np.array_equal(mine, theirs) if isinstance(mine, np.ndarray) else mine == theirs
        assert same, field.name
    assert found.caption == made.caption


def test_squeezenets_caricature_is_alike(shared: Path) -> None:
    net = load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")
    photo = read(
        sorted((shared / "data" / "imagenet-sample").glob("*/beagle.jpg"))[0], net.preprocessing
    )
    found = caricature(net, photo, "features.5.expand3x3_activation", CaricatureOptions(steps=48))
    assert found.cosine > found.noise_cosine + 0.15
    assert found.along > 1
    shades = [p.mean(2)[::4, ::4].ravel().astype(float) for p in (found.picture, photo.shown)]
    assert np.corrcoef(*shades)[0, 1] > 0.4  # a person sees the same dog
