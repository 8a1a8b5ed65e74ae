from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.errors import AddressError, DataError, GradientCutError, UnruledOpError
from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.gradient import gradient
from convscope.methods.options.gradient import GradientOptions
from convscope.methods.options.project import ProjectOptions
from convscope.methods.project import project
from convscope.methods.similarity import inside, similarity
from convscope.net.full import activations
from convscope.net.net import Net
from convscope.net.twin import twin
from convscope.results.attribution import Attribution
from convscope.results.file import load_result
from tests.net.zoo import Forward, ceil_pools, conv, fill, glass
from tests.twins import gradients

KINDS = ("gradient", "input_gradient", "smoothgrad", "integrated", "guided", "deconvnet")
SIZE = (16, 18)


def classifier() -> nn.Sequential:
    return nn.Sequential(
        *(conv(3, 4, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), conv(4, 5)),
        *(nn.BatchNorm2d(5), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(45, 6)),
        *(nn.ReLU(), nn.Linear(6, 3)),
    )


def network() -> Net:
    net = glass(fill(classifier()), SIZE)
    net.labels = net.keys = ("beagle", "tabby", "crane")
    return net


@pytest.fixture(scope="module")
def net() -> Net:
    return network()


def photo_of(net: Net, seed: int = 3) -> Image:
    channels = net.preprocessing.channels
    pixels = np.random.default_rng(seed).random((*net.preprocessing.size, channels))
    return read(pixels.astype(np.float32) - 0.3, net.preprocessing, id="noise")


@pytest.fixture(scope="module")
def photo(net: Net) -> Image:
    return photo_of(net)


def firing(net: Net, photo: Image, name: str) -> int:
    """The channel of a layer that fires most."""
    number = net.tape().layer(name).number
    found = activations(net, net.tape(), net.one(photo), [number])[number][0]
    return int(found.flatten(1).amax(1).argmax())


def plain(kind: str, **others: Any) -> GradientOptions:
    return GradientOptions(kind, sanity=False, **others)  # type: ignore[arg-type]


def gap(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.abs(one - other).max() / max(np.abs(other).max(), 1e-300))


def literal(
    module: nn.Sequential, x: NDArray[np.float64], at: tuple[int, ...], options: GradientOptions
) -> NDArray[np.float64]:
    """The slow twin's picture."""
    kind = options.kind
    if kind == "smoothgrad":
        noise = (options.samples, options.sigma, options.seed)
        return gradients.smoothgrad(module, x, at, *noise)
    if kind == "integrated":
        return gradients.integrated(module, x, np.zeros_like(x), at, options.steps)
    if kind == "input_gradient":
        return x * gradients.derivative(module, x, at)
    return gradients.derivative(module, x, at, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_class_it_is_the_slow_twins(net: Net, photo: Image, kind: str) -> None:
    module: Any = net.module
    drawn = []
    for number, name in enumerate(net.labels or ()):
        options = plain(kind, samples=6, steps=7, seed=number)
        found = gradient(net, photo, f"class:{name}", options)
        x = photo.array.astype(np.float64)
        assert gap(found.array, literal(module, x, (number,), options)) < 1e-6
        assert found.value == pytest.approx(gradients.run(module, x, "gradient")[0][number])
        assert (found.target, found.layer, found.channel, found.cell) == (name, "10", number, None)
        assert found.frame == (0, 0, *SIZE)
        drawn.append(found.array.any())
    assert sum(drawn) >= 2


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_unit_it_is_the_slow_twins_at_its_strongest_cell(kind: str) -> None:
    module: Any = fill(ceil_pools())
    net = glass(module, (24, 29))
    photo, options = photo_of(net), plain(kind, samples=5, steps=6)
    x = photo.array.astype(np.float64)
    for depth in (4, 5, 8):
        channel = firing(net, photo, f"{depth}")
        values = gradients.run(module[: depth + 1], x, "gradient")[0][channel]
        cell = np.unravel_index(values.argmax(), values.shape)
        found = gradient(net, photo, f"{depth}:{channel}", options)
        assert found.cell == cell
        expected = literal(module[: depth + 1], x, (channel, *cell), options)
        assert gap(found.array, expected) < 1e-6
        given = gradient(net, photo, f"{depth}:{channel}@{cell[0]},{cell[1]}", options)
        assert np.array_equal(given.array, found.array)
        outside = found.array.copy()
        inside(outside, found.frame)[:] = 0
        assert not outside.any()
        assert found.array.any()


def test_it_is_the_finite_difference_of_the_score_before_softmax() -> None:
    module: Any = nn.Sequential(*fill(classifier()), nn.Softmax(1))
    net = glass(module, SIZE)
    photo = photo_of(net)
    found = gradient(net, photo, "class:1", plain("gradient"))
    x = torch.from_numpy(photo.array).double()[None]
    with torch.no_grad():
        assert found.value == pytest.approx(float(module[:-1](x)[0, 1]))
        for place in np.abs(found.array).ravel().argsort()[::-1][:300:15]:
            step = torch.zeros_like(x)
            step.view(-1)[place] = 1e-6
            up, down = (float(module[:-1](x + sign * step)[0, 1]) for sign in (1, -1))
            assert abs((up - down) / 2e-6 - found.array.ravel()[place]) < 1e-4


def test_saliencys_ten_strongest_pixels_are_those_of_one_pixel_differences() -> None:
    """On a smooth twin, softplus for every rectifier, as a kink within a step would hide it."""
    module: Any = classifier()
    for place in (1, 5, 9):
        module[place] = nn.Softplus()
    module[2] = nn.AvgPool2d(3, 2, ceil_mode=True)
    net = glass(fill(module), SIZE)
    photo = photo_of(net)
    found = gradient(net, photo, "class:2", plain("gradient")).saliency
    x = torch.from_numpy(photo.array).double()[None]
    steps = torch.eye(x.numel(), dtype=torch.float64).view(-1, *x.shape[1:]) * 1e-4
    with torch.no_grad():
        change = (module(x + steps) - module(x - steps))[:, 2].abs().view(x.shape[1:])
    expected = change.amax(0).numpy()
    assert gap(found, expected / 2e-4) < 1e-5
    strongest = [set(p.ravel().argsort()[-10:].tolist()) for p in (found, expected)]
    assert strongest[0] == strongest[1]


def test_projections_are_the_deconvnet_times_the_units_value(net: Net, photo: Image) -> None:
    unit = f"5:{firing(net, photo, '5')}"
    for rule in ("deconvnet", "guided", "gradient"):
        mine = gradient(net, photo, unit, plain(rule))
        theirs = project(net, photo, unit, ProjectOptions(rule=rule))  # type: ignore[arg-type]
        assert not theirs.is_zero
        assert mine.value == theirs.value
        assert mine.cell == theirs.cell
        assert mine.frame == theirs.frame
        assert gap(mine.array * mine.value, theirs.array) < 1e-6


def test_black_as_a_baseline() -> None:
    net = network()
    object.__setattr__(net.preprocessing, "mean", (0.5, 0.4, 0.3))
    object.__setattr__(net.preprocessing, "std", (0.2, 0.25, 0.5))
    photo, module = photo_of(net), net.module
    found = gradient(net, photo, "class:0", plain("integrated", baseline="black", steps=9))
    black = net.preprocessing.apply(np.zeros((*SIZE, 3), np.uint8)).array
    x, base = photo.array.astype(np.float64), black.astype(np.float64)
    expected = gradients.integrated(module, x, base, (0,), 9)  # type: ignore[arg-type]
    assert gap(found.array, expected) < 1e-5


# -- directions -----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_a_direction_along_one_channel_is_the_unit(net: Net, photo: Image, kind: str) -> None:
    one, other = (gradient(net, photo, t, plain(kind)) for t in ("3:2", "3:1*2"))
    assert np.array_equal(one.array, other.array)
    assert (one.value, one.cell, one.channel) == (other.value, other.cell, 2)


def test_the_gradient_of_a_combination_is_the_combination_of_gradients(
    net: Net, photo: Image
) -> None:
    both = gradient(net, photo, "3:1-0.5*3@2,3", plain("gradient"))
    one, other = (gradient(net, photo, f"3:{c}@2,3", plain("gradient")) for c in (1, 3))
    assert both.channel is None
    assert both.target == "3:1-0.5*3@2,3"
    assert gap(both.array, one.array - 0.5 * other.array) < 1e-6
    assert both.value == pytest.approx(one.value - 0.5 * other.value)


def test_a_random_direction_has_a_picture_too(net: Net, photo: Image) -> None:
    one, again, other = (
        gradient(net, photo, f"3:random.{seed}", plain("gradient")).array for seed in (7, 7, 8)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


# -- batches --------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["smoothgrad", "integrated"])
@pytest.mark.parametrize("batch", [1, 3, 4, 30])
def test_the_batch_changes_nothing(net: Net, photo: Image, kind: str, batch: int) -> None:
    options = plain(kind, samples=9, steps=9)
    expected = gradient(net, photo, "class:1", options)
    found = gradient(net, photo, "class:1", dataclasses.replace(options, batch=batch))
    assert gap(found.array, expected.array) < 1e-6


def _one_by_one(self: Any, x: Tensor) -> Tensor:
    return self.b(self.a(x).relu().view(1, -1))  # type: ignore[no-any-return]


def _mixing(self: Any, x: Tensor) -> Tensor:
    y = self.a(x).relu()
    y = y - y.mean(0, keepdim=True) if len(x) > 1 else y - y.mean(0, keepdim=True) * 0.0
    return self.b(y.flatten(1))  # type: ignore[no-any-return]


def _contiguous(self: Any, x: Tensor) -> Tensor:
    return self.b(self.a(x).relu().view(len(x), -1))  # type: ignore[no-any-return]


@pytest.mark.parametrize("forward", [_one_by_one, _contiguous])
@pytest.mark.parametrize("kind", ["smoothgrad", "integrated"])
def test_networks_that_take_only_some_batches(forward: Any, kind: str) -> None:
    parts = {"a": conv(3, 2), "b": nn.Linear(2 * 14 * 16, 3)}
    net = glass(fill(Forward(forward, **parts)), SIZE)
    photo, options = photo_of(net), plain(kind, samples=6, steps=6)
    expected = gradient(net, photo, "b:1", dataclasses.replace(options, batch=1))
    assert gap(gradient(net, photo, "b:1", options).array, expected.array) < 1e-6
    assert expected.array.any()


def test_networks_that_mix_the_images_of_a_batch_get_them_one_by_one() -> None:
    class Mixing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = conv(3, 2), nn.Linear(2 * 14 * 16, 3)

        def forward(self, x: Tensor) -> Tensor:
            y = self.a(x).relu()
            return self.b((y * y.amax((0, 1, 2, 3), keepdim=True)).flatten(1))  # type: ignore[no-any-return]

    net = glass(fill(Mixing()), SIZE)
    photo, options = photo_of(net), plain("smoothgrad", samples=6)
    expected = gradient(net, photo, "b:1", dataclasses.replace(options, batch=1))
    assert gap(gradient(net, photo, "b:1", options).array, expected.array) < 1e-6


# -- what is said ---------------------------------------------------------------------------------
def test_the_shares_of_integrated_add_up(net: Net, photo: Image) -> None:
    found = gradient(net, photo, "class:1", plain("integrated", steps=300))
    with torch.no_grad():
        base = float(net.module(torch.zeros(1, *photo.array.shape).double())[0, 1])
    change = found.value - base
    gap_ = abs(float(found.array.astype(np.float64).sum()) - change) / abs(change)
    assert found.completeness_gap == pytest.approx(gap_, abs=1e-4)
    assert gap_ < 0.01
    assert found.note == ""


def test_shares_that_do_not_add_up_are_said(net: Net, photo: Image) -> None:
    found = gradient(net, photo, "class:1", plain("integrated", steps=1))
    assert found.completeness_gap is not None
    assert found.completeness_gap > 0.01
    assert f"but for {found.completeness_gap:.1%} of it: more steps" in found.note
    assert gradient(net, photo, "class:1", plain("gradient")).completeness_gap is None


@pytest.mark.parametrize("kind", ["gradient", "input_gradient", "guided", "deconvnet"])
def test_a_silent_unit_is_said_and_not_drawn(kind: str, photo: Image) -> None:
    net = network()
    with torch.no_grad():
        net.module[0].bias[2] = -100.0  # type: ignore[index,union-attr,operator]
    found = gradient(net, photo, "1:2", GradientOptions(kind))  # type: ignore[arg-type]
    assert found.is_zero
    assert found.note == "1:2 is silent on this image: its value is 0."
    assert found.twin is None
    assert found.similarity is None
    assert "silent in this cell" in gradient(net, photo, "1:2@0,0", plain(kind)).note


def test_a_picture_of_nothing_is_said(photo: Image) -> None:
    net = network()
    with torch.no_grad():
        net.module[0].weight[1], net.module[0].bias[1] = 0.0, 2.0  # type: ignore[index,union-attr,operator]
    found = gradient(net, photo, "1:1")
    assert found.value == 2.0
    assert found.is_zero
    assert found.note.startswith("The picture is zero everywhere: no small change")


def test_a_silent_unit_may_fire_on_noisy_copies(photo: Image) -> None:
    net = network()
    with torch.no_grad():
        first: Any = net.module[0]  # type: ignore[index]
        values = first(torch.from_numpy(photo.array).double()[None])[0, 2]
        first.bias[2] -= float(values[5, 6]) + 0.01
    found = gradient(net, photo, "1:2@5,6", plain("smoothgrad"))
    assert not found.is_zero
    assert found.note == "1:2@5,6 is silent in this cell: its value is 0."
    assert gradient(net, photo, "1:2@5,6", plain("gradient")).is_zero


# -- the twin -------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", ["class:beagle", "5:?"])
def test_beside_it_is_the_same_picture_of_a_twin(
    net: Net, photo: Image, kind: str, target: str
) -> None:
    target = target.replace("?", f"{firing(net, photo, '5')}")
    found = gradient(net, photo, target, GradientOptions(kind, samples=4, steps=4))  # type: ignore[arg-type]
    assert found.twin is not None
    assert found.similarity is not None
    other = twin(net, found.provenance["twin_seed"])
    cell = "" if found.cell is None else f"@{found.cell[0]},{found.cell[1]}"
    options = plain(kind, samples=4, steps=4)
    assert np.array_equal(found.twin, gradient(other, photo, target + cell, options).array)
    frames = [inside(picture, found.frame) for picture in (found.array, found.twin)]
    assert found.similarity == similarity(*frames)
    assert -1 <= found.similarity < 0.99
    unasked = gradient(net, photo, target, options)
    assert unasked.twin is None
    assert unasked.similarity is None
    assert np.array_equal(unasked.array, found.array)


def test_a_network_without_a_twin_still_has_its_picture(photo: Image) -> None:
    net = network()
    net.module.lock = threading.Lock()  # type: ignore[assignment]
    found = gradient(net, photo, "class:0")
    assert found.array.any()
    assert found.twin is None
    assert "There is no twin to compare with: This network cannot be copied" in found.note


def test_twins_in_which_the_unit_is_silent_are_passed_over(photo: Image) -> None:
    seeds = set()
    for channel in range(4):
        for cell in ("@3,4", "@7,9", "@12,2"):
            found = gradient(network(), photo, f"1:{channel}{cell}")
            if not found.is_zero:
                seeds.add(found.provenance["twin_seed"])
                assert (found.twin is None) == (found.provenance["twin_seed"] is None)
                assert found.twin is None or found.twin.any()
    assert len(seeds) > 1


# -- as everything --------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_again(kind: str, photo: Image) -> None:
    one, other = (
        gradient(network(), photo, "class:0", GradientOptions(kind, samples=4, steps=4))  # type: ignore[arg-type]
        for _ in range(2)
    )
    assert np.array_equal(one.array, other.array)
    assert one.twin is not None
    assert np.array_equal(one.twin, other.twin)  # type: ignore[arg-type]
    assert one.provenance == other.provenance


def test_the_seed_matters_to_smoothgrad_alone(net: Net, photo: Image) -> None:
    for kind in KINDS:
        one, other = (
            gradient(net, photo, "class:0", plain(kind, samples=4, steps=4, seed=s)).array
            for s in (1, 2)
        )
        assert np.array_equal(one, other) == (kind != "smoothgrad")


@pytest.mark.parametrize("sanity", [True, False])
def test_it_is_saved_and_read_back(net: Net, photo: Image, tmp_path: Path, sanity: bool) -> None:
    options = GradientOptions("integrated", steps=4, sanity=sanity)
    for target in ("class:tabby", "3:1", "3:random.2"):
        made = gradient(net, photo, target, options)
        found = load_result(made.save(tmp_path / "one.safetensors"))
        assert isinstance(found, Attribution)
        for field in dataclasses.fields(made):
            mine, theirs = (getattr(r, field.name) for r in (made, found))
            same = np.array_equal(mine, theirs) if isinstance(mine, np.ndarray) else mine == theirs
            assert same, field.name
        assert found.caption == made.caption
        assert np.array_equal(found.saliency, made.saliency)


def test_saliency_is_the_largest_absolute_value_over_channels(net: Net, photo: Image) -> None:
    found = gradient(net, photo, "class:0", plain("gradient"))
    assert np.array_equal(found.saliency, np.maximum.reduce(abs(found.array)))
    assert found.saliency.shape == SIZE


def test_captions_are_those_of_the_kind(net: Net, photo: Image) -> None:
    said = [gradient(net, photo, "class:0", plain(k, samples=1, steps=1)).caption for k in KINDS]
    assert len({one["shows"] for one in said}) == len(KINDS)
    assert all(set(one) == {"shows", "does_not_show", "easily_misread"} for one in said)


def test_progress_is_heard(net: Net, photo: Image) -> None:
    heard: list[tuple[int, int, str]] = []
    options = plain("smoothgrad", samples=5)
    gradient(net, photo, "class:0", options, progress=lambda *said: heard.append(said))
    assert heard == [(i, 5, "noisy copies") for i in range(1, 6)]


# -- what is refused ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("class:beagel", r"No class 'beagel'\. Nearest: beagle"),
        ("5", "5 is a whole layer"),
        ("5:5", "Channel 5 is out of range"),
        ("5:0@88,0", "Cell 88,0 is out of range"),
        ("44:0", "No layer '44'"),
    ],
)
def test_a_target_that_is_none(net: Net, photo: Image, target: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        gradient(net, photo, target)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", ["class:0", "5:1", "5:1@2,2"])
def test_an_image_or_weights_that_are_not_finite(kind: str, target: str) -> None:
    net = network()
    photo = photo_of(net)
    broken = photo.array.copy()
    broken[1, 5, 6] = np.nan
    with pytest.raises(DataError, match="is not finite on this image"):
        gradient(net, dataclasses.replace(photo, array=broken), target, GradientOptions(kind))  # type: ignore[arg-type]
    with torch.no_grad():
        net.module[0].weight[0, 0, 0, 0] = torch.nan  # type: ignore[index,union-attr,operator]
    with pytest.raises(DataError, match="is not finite on this image"):
        gradient(net, photo, target, GradientOptions(kind))  # type: ignore[arg-type]


def test_a_derivative_that_overflows_is_named() -> None:
    net = glass(fill(Forward(lambda self, x: (x * x).sqrt().mean((2, 3)), a=conv(3, 2))), SIZE)
    photo = photo_of(net)
    photo.array[:, 3, 4] = 0
    with pytest.raises(DataError, match="The picture of class 1 is not finite: the network's"):
        gradient(net, photo, "class:1")


def test_rules_are_refused_where_they_would_be_wrong() -> None:
    by_hand = Forward(lambda self, x: (lambda y: y * (y > 0))(self.a(x)), a=conv(3, 2))  # type: ignore[operator]
    net = glass(fill(by_hand), SIZE)
    for kind in ("guided", "deconvnet"):
        with pytest.raises(UnruledOpError, match="a rectifier written by hand"):
            gradient(net, photo_of(net), f"{net.tape().layers[-1].name}:0@3,3", plain(kind))
    cut = glass(fill(Forward(lambda self, x: self.a(x).detach().relu(), a=conv(3, 2))), SIZE)  # type: ignore[operator]
    for kind in KINDS:
        with pytest.raises(GradientCutError):
            gradient(cut, photo_of(cut), "/relu:0", plain(kind))
