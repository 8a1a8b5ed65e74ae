from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from convscope.errors import AddressError, DataError, UsageError
from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.invert import invert
from convscope.methods.invert_layer import pose
from convscope.methods.invert_recipe import RMS
from convscope.methods.options.invert import InvertOptions
from convscope.net.net import Net
from convscope.preprocess import Preprocessing
from convscope.results.inversion import Inversion
from tests.net.zoo import Forward, conv, fill
from tests.twins import inversion as twin

SIZE = (32, 36)
KINDS = ("published", "fourier")


def network(module: nn.Module | None = None, channels: int = 3) -> Net:
    layers = (conv(channels, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), conv(6, 8), nn.ReLU())
    made = module or nn.Sequential(*layers, nn.Flatten(), nn.Linear(1792, 5))
    mean, std = (0.48, 0.46, 0.41)[:channels], (0.22, 0.23, 0.22)[:channels]
    return Net(fill(made), Preprocessing(SIZE, None, mean=mean, std=std))


def photo_of(net: Net, seed: int = 0) -> Image:
    """Noise that falls with frequency, of the contrast of photographs, black and white in it."""
    height, width = net.preprocessing.size
    drawn = np.random.default_rng(seed).normal(size=(3, height, width))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    spectrum = np.fft.rfft2(drawn) / np.maximum(frequency, 1 / width) ** 1.5
    low = np.fft.irfft2(spectrum, (height, width))
    pixels = np.clip(115 + 65 * low / low.std(), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    return read(pixels[..., : net.preprocessing.channels], net.preprocessing)


@pytest.fixture(scope="module")
def net() -> Net:
    return network()


@pytest.fixture(scope="module")
def photo(net: Net) -> Image:
    return photo_of(net)


def _colors(batch: torch.Tensor) -> torch.Tensor:
    """The code of the input: its colors less the network's mean, which is what mean 0 is."""
    return batch * torch.tensor((0.22, 0.23, 0.22))[:, None, None]


def solved(net: Net, photo: Image, *layers: str, **options: Any) -> Inversion:
    return invert(net, photo, layers or None, InvertOptions(**options))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_input_is_recovered(kind: str, channels: int) -> None:
    """Row 6.6: more than 40 dB, from whatever start."""
    net = network(channels=channels)
    found = solved(net, photo_of(net), "input", kind=kind, starts=3)
    assert found.psnr.min() > 40
    assert found.error.max() < 0.02
    assert found.spread[0] < 1
    assert np.array_equal(found.original, photo_of(net).shown)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [0, 3, 200, 255])
def test_the_input_is_recovered_however_dark_and_whatever_the_preprocessing(
    kind: str, level: int
) -> None:
    net = Net(network().module, Preprocessing(SIZE, None, mean=(0.0,) * 3, std=(0.02, 1.0, 7.0)))
    drawn = np.random.default_rng(1).integers(max(level - 3, 0), min(level + 4, 256), (*SIZE, 3))
    found = solved(net, read(drawn.astype(np.uint8), net.preprocessing), "input", kind=kind)
    assert found.psnr[0, 0] > 40


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_falls_with_the_steps(net: Net, photo: Image, kind: str) -> None:
    """Row 6.6, as means over tenths of the climb: momentum may overshoot for a step."""
    found = solved(net, photo, "input", "1", "4", kind=kind)
    for curve, error in zip(found.curve[:, 0], found.error[:, 0], strict=True):
        means = np.array([part.mean() for part in np.array_split(curve, 10)])
        assert (np.diff(means) < 0.02 * means[0]).all()
        assert means[-1] < 0.2 * curve[0]
        assert error < 0.2 * curve[0]


def test_the_pixels_are_farther_the_deeper_the_code(net: Net, photo: Image) -> None:
    found = solved(net, photo, "input", "1", "4", "6")
    assert found.layers == ("input", "1", "4", "6")
    assert (np.diff(found.psnr[:, 0]) < 0).all()
    assert (np.diff(found.pixel_error[:, 0]) > 0).all()
    assert found.error[0, 0] < found.error[1, 0] < found.error[2, 0]


def test_numbers_are_of_the_pictures_as_they_are_shown(net: Net, photo: Image) -> None:
    found = solved(net, photo, "input", "4", starts=2, steps=30)
    with torch.no_grad():
        codes = {}
        for name, module in (("input", _colors), ("4", net.module[:5])):  # type: ignore[index]
            images = [found.original, *found.pictures[found.layers.index(name)]]
            arrays = [read(image, net.preprocessing).array for image in images]
            codes[name] = module(torch.tensor(np.stack(arrays)).double()).numpy()
    for place, name in enumerate(found.layers):
        code, *others = codes[name]
        for start, phi in enumerate(others):
            expected = twin.loss(phi, code) ** 0.5
            assert found.error[place, start] == pytest.approx(expected, rel=1e-5)
            gap = found.pictures[place, start].astype(float) - found.original
            assert found.pixel_error[place, start] == pytest.approx((gap**2).mean() ** 0.5)
            decibel = 10 * np.log10(255**2 / (gap**2).mean())
            assert found.psnr[place, start] == pytest.approx(decibel)
        middle = found.pictures[place].astype(float).mean(0)
        spread = ((found.pictures[place] - middle) ** 2).mean() ** 0.5
        assert found.spread[place] == pytest.approx(spread)


def test_the_climb_is_the_published_programs(net: Net, photo: Image) -> None:
    """Momentum, three rates, both terms with their lambdas, in units of the norm sigma."""
    options = InvertOptions(steps=8, lr=0.002)
    conv1: Any = net.module[0]  # type: ignore[index]
    mean, std = (
        np.array(v)[:, None, None] for v in (net.preprocessing.mean, net.preprocessing.std)
    )
    sigma_squared = RMS**2 * 3 * SIZE[0] * SIZE[1]

    def phi(x: NDArray[np.float64]) -> torch.Tensor:
        return conv1(torch.tensor(x / 255 / std)[None])[0]

    with net.hosted(), torch.no_grad():
        problem = pose(net, net.tape().layer("0"), net.one(photo), options)
        code = phi(255 * (photo.array * std))
    assert problem is not None

    def slope(x: NDArray[np.float64]) -> NDArray[np.float64]:
        given = torch.tensor(x, requires_grad=True)
        reached = conv1((given / 255 / torch.tensor(std))[None])[0]
        pull = torch.tensor(twin.loss_slope(reached.detach().numpy(), code.numpy()))
        (data,) = torch.autograd.grad(reached, given, pull)
        prior = 8e-10 / 2 * twin.alpha_norm_slope(x, 6)
        # a cell sees 5 of 32 pixels, so lambda is 1; images of 32 pixels vary more than of 227
        smooth = 1 / 2 * (32 / 227) ** 0.5 * twin.variation_slope(x, 2)
        return data.numpy() + (prior + smooth) / sigma_squared

    start = problem.ascent.parameterization.start([7])[0].numpy() - 255 * mean
    rates = [0.002 * sigma_squared * share for share in (1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01)]
    path = twin.descend(start, slope, rates)
    with net.hosted():
        found = problem.solve([7], None)
    with torch.no_grad():
        expected = [twin.loss(phi(x).numpy(), code.numpy()) ** 0.5 for x in path]
    assert np.allclose(found.curve[0], expected[:-1], rtol=1e-9)
    ended = np.clip(path[-1] + 255 * mean, 0, 255).round().transpose(1, 2, 0)
    assert np.abs(found.pictures[0] - ended).max() <= 1e-9
    assert (np.diff(expected) < 0).any()


def test_starts_in_one_batch_are_those_alone(net: Net, photo: Image) -> None:
    together = solved(net, photo, "1", "4", starts=3, seed=5, steps=40)
    batches = solved(net, photo, "1", "4", starts=3, seed=5, steps=40, batch=2)
    assert np.allclose(together.curve, batches.curve, rtol=1e-9)
    for start in range(3):
        alone = solved(net, photo, "1", "4", seed=5 + start, steps=40)
        assert np.allclose(together.curve[:, start], alone.curve[:, 0], rtol=1e-6)
        assert np.abs(together.pictures[:, start] - alone.pictures[:, 0].astype(int)).max() <= 1
    assert together.spread.min() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes(net: Net, photo: Image, kind: str) -> None:
    one, two = (solved(net, photo, "4", kind=kind, steps=20, jitter=2.0) for _ in range(2))
    other = solved(net, photo, "4", kind=kind, steps=20, jitter=2.0, seed=1)
    assert one.pictures.tobytes() == two.pictures.tobytes()
    assert one.pictures.tobytes() != other.pictures.tobytes()


def test_options_change_what_they_say(net: Net, photo: Image) -> None:
    plain = solved(net, photo, "4")
    free = solved(net, photo, "4", range_weight=0.0, variation_weight=0.0)
    smooth = solved(net, photo, "4", variation_weight=20.0)
    narrow = solved(net, photo, "4", range_weight=10.0)

    def varies(found: Inversion) -> float:
        return twin.variation(found.pictures[0, 0].transpose(2, 0, 1).astype(float), 2)

    ends = [found.curve[0, 0, -1] for found in (free, plain, smooth)]
    assert ends == sorted(ends)
    assert varies(smooth) < varies(plain) < varies(free)
    spans = [twin.alpha_norm(found.pictures - 115.0, 6) for found in (narrow, plain)]
    assert spans[0] < 0.5 * spans[1]
    rough = solved(net, photo, "4", beta=1.0)
    assert not np.array_equal(rough.pictures, plain.pictures)


def test_layers_are_chosen_by_name_pattern_and_depth(net: Net, photo: Image) -> None:
    assert solved(net, photo, steps=1).layers == ("input", "1", "4", "6")
    assert solved(net, photo, "4", "input", "1", steps=1).layers == ("input", "1", "4")
    assert solved(net, photo, "[13]", steps=1).layers == ("1",)
    deep = network(nn.Sequential(*(layer for _ in range(12) for layer in (conv(3, 3, 1),))))
    found = solved(deep, photo_of(deep), steps=1).layers
    assert found == ("input", "0", "2", "3", "5", "6", "8", "9", "11")
    with pytest.raises(AddressError, match="No layer 'conv9'"):
        solved(net, photo, "conv9")
    with pytest.raises(AddressError, match=r"No layer matches 'x\*'"):
        solved(net, photo, "input", "x*")


def test_a_dead_layer_has_no_code(net: Net) -> None:
    module: Any = fill(nn.Sequential(conv(3, 4), nn.ReLU(), conv(4, 4), nn.ReLU()))
    with torch.no_grad():
        module[2].weight.zero_()
        module[2].bias.fill_(-1)
    dead = Net(module, Preprocessing(SIZE, None))
    found = solved(dead, photo_of(dead), "1", "3", steps=3, starts=2)
    assert found.note.startswith("Zero everywhere on this image, so there is no code to invert: 3.")
    assert (found.pictures[1] == 128).all()
    for numbers in (found.error, found.psnr, found.pixel_error, found.lr, found.curve):
        assert np.isnan(numbers[1]).all()
        assert np.isfinite(numbers[0]).all()
    assert np.isnan(found.spread[1])
    assert found.best.tolist()[1] == 0


def test_a_step_that_is_too_large_is_lowered_until_it_holds(net: Net, photo: Image) -> None:
    found = solved(net, photo, "1", "4", lr=0.3, starts=2)
    assert (found.lr <= 0.075).all()
    assert set(np.log2(found.lr / 0.3).ravel().tolist()) <= set(range(-12, 0, 2))
    assert (found.stopped == -1).all()
    assert found.error.max() < 0.5
    assert found.note.startswith(
        "The learning rate was too large, and lowered until it was not: 1 ("
    )


def test_a_code_given_up_for_the_prior_is_not_called_diverged() -> None:
    """The mean of a rectifier tells contrast: noise meets it, and less so as it becomes smooth."""
    module: Any = nn.Sequential(conv(3, 3, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    net = network(module)
    with torch.no_grad():
        module[0].weight.copy_(torch.eye(3)[:, :, None, None])
        module[0].bias.zero_()
    found = solved(net, photo_of(net), "2", steps=120, variation_weight=100.0)
    curve = found.curve[0, 0]
    assert curve[-1] > 0.8 > 0.6 > curve.min()
    assert (found.stopped[0, 0], found.lr[0, 0] <= 0.004) == (-1, True)
    assert "Diverged" not in found.note


def test_what_diverges_at_every_rate_keeps_its_best(net: Net, photo: Image) -> None:
    found = solved(net, photo, "4", lr=1e9, steps=60)
    assert found.stopped[0, 0] > 0
    assert np.isnan(found.curve[0, 0, -1])
    assert np.isfinite(found.error).all()
    assert found.error[0, 0] <= 2 * max(found.curve[0, 0, 0], 1)
    assert (
        "Diverged at every learning rate tried, so the best picture before is shown: 4."
        in found.note
    )
    assert np.isclose(found.lr[0, 0], 1e9 / 4**6)


def test_a_code_that_is_missed_is_said(net: Net, photo: Image) -> None:
    found = solved(net, photo, "4", variation_weight=1e4, steps=80, lr=1e-4)
    assert found.error[0, 0] > 0.5
    assert found.note.startswith("More than half of the code is missed, ")


def test_what_is_not_finite_is_refused(photo: Image) -> None:
    def broken(self: Any, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.conv(x) / 0)

    net = network(Forward(broken, conv=conv(3, 4), relu=nn.ReLU()))
    with pytest.raises(DataError, match="relu is not finite on this image"):
        solved(net, photo, "relu")
    with pytest.raises(UsageError, match="No kind 'lucid'"):
        InvertOptions("lucid")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="starts is 0; it must be 1 or more"):
        InvertOptions(starts=0)


def test_progress_tells_of_all_layers_and_starts(net: Net, photo: Image) -> None:
    heard: list[tuple[int, int, str]] = []
    options = InvertOptions(steps=4, starts=3, batch=2)
    invert(net, photo, ["input", "1"], options, progress=lambda *said: heard.append(said))
    assert heard[-1] == (24, 24, "inverting 1")
    assert [done for done, *_ in heard] == sorted(done for done, *_ in heard)
    assert {what for *_, what in heard} == {"inverting input", "inverting 1"}


def test_what_it_was_made_of_is_recorded(net: Net, photo: Image) -> None:
    found = solved(net, photo, "input", steps=2)
    assert found.provenance["method"] == "invert"
    assert found.provenance["options"]["range_weight"] is None
    assert found.caption["shows"].startswith("A picture that the layer answers")
