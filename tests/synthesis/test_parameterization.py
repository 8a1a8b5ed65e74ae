from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from convscope.images.read import read
from convscope.preprocess import Preprocessing
from convscope.synthesis.natural import Natural
from convscope.synthesis.parameterization import Parameterization, parameterize
from convscope.synthesis.presets import PRESETS, preset
from convscope.synthesis.recipe import Recipe

CPU, DOUBLE = torch.device("cpu"), torch.float64
SIZES = [(16, 16), (17, 16), (12, 19), (1, 5)]
EVERY = sorted(PRESETS)


def made(recipe: Recipe, size: tuple[int, int] = (16, 16), channels: int = 3) -> Parameterization:
    return parameterize(recipe, Natural.usual(channels), size, max(size), CPU, DOUBLE)


def decibels(one: Tensor, other: Tensor) -> float:
    return float(-10 * (one - other).pow(2).mean().log10())


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("channels", [1, 3, 7])
@pytest.mark.parametrize("size", SIZES[:3])
def test_every_recipe_starts_at_every_size(name: str, channels: int, size: tuple[int, int]) -> None:
    one = made(preset(name), size, channels)
    colors = one.draw(one.start([3, 4]))
    assert colors.shape == (2, channels, *size)
    assert colors.isfinite().all()
    assert (colors[0] != colors[1]).any()


@pytest.mark.parametrize("name", ["natural", "maco", "plain", "keras-blog"])
def test_a_row_starts_from_its_own_seed_alone(name: str) -> None:
    one = made(preset(name))
    torch.manual_seed(7)
    rows = one.start([5, 6, 5])
    torch.manual_seed(8)
    torch.randn(3)
    assert torch.equal(rows[0], rows[2])
    assert torch.equal(rows[1:2], one.start([6]))


def test_pixels_start_at_the_mean_with_the_published_noise() -> None:
    natural = replace(Natural.usual(3), mean=np.array([0.2, 0.4, 0.6]))
    one = parameterize(preset("yosinski-3"), natural, (64, 64), 64, CPU, DOUBLE)
    start = one.start(range(4))
    middle = 255 * torch.tensor([0.2, 0.4, 0.6])[:, None, None]
    assert (start - middle).std() == pytest.approx(10, rel=0.02)
    assert (start - middle).mean().abs() < 0.2
    assert torch.equal(one.draw(start), start / 255)


def test_the_blog_s_noise_is_even_and_around_128() -> None:
    start = made(preset("keras-blog"), (64, 64)).start(range(4))
    assert (start.min() >= 118, start.max() <= 138) == (True, True)
    assert start.min() < 118.1
    assert start.std() == pytest.approx(20 / 12**0.5, rel=0.02)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_phase_picture_has_exactly_the_natural_magnitude(
    size: tuple[int, int], channels: int
) -> None:
    """Before it is clipped: with little contrast nothing is."""
    natural = Natural.usual(channels)
    faint = replace(natural, color=1e-3 * natural.color)
    one = parameterize(preset("maco", lowpass=0.0), faint, size, max(size), CPU, DOUBLE)
    colors = one.draw(one.start([0, 1]))
    unmixed = torch.linalg.inv(torch.tensor(faint.color))
    white = torch.einsum("cd,ndhw->nchw", unmixed, colors - 0.5)
    magnitude = torch.fft.rfft2(white).abs()
    expected = torch.tensor(natural.scaled(*size))
    assert (magnitude - expected).abs().max() < 1e-9 * expected.max()
    if size[0] > 1:
        assert (white.std((2, 3), correction=0) - 1).abs().max() < 1e-9


def test_phases_keep_their_slope_where_colors_are_clipped() -> None:
    one = made(preset("maco"))
    phases = one.start([0]).requires_grad_()
    colors = one.draw(phases)
    clipped = (colors == 0) | (colors == 1)
    assert clipped.any()
    (slope,) = torch.autograd.grad(colors[clipped].sum(), phases)
    assert slope.abs().sum() > 0


def test_fourier_draws_what_numpy_s_formula_says() -> None:
    natural, recipe = Natural.usual(3), preset("natural", lowpass=2.0)
    one = parameterize(recipe, natural, (12, 15), 227, CPU, DOUBLE)
    given = one.start([2])
    z = given[0].numpy() @ np.array([1, 1j])
    frequency = np.hypot(np.fft.fftfreq(12)[:, None], np.fft.rfftfreq(15))
    scale = natural.scaled(12, 15) * np.exp(-0.5 * (2 * np.pi * 2 * frequency) ** 2)
    image = np.fft.irfft2(z * scale, s=(12, 15))
    x = 4 * np.einsum("cd,dhw->chw", natural.color, image)  # middle 0, as the mean is a half
    assert np.abs(one.draw(given)[0].numpy() - 1 / (1 + np.exp(-x))).max() < 1e-9


def test_the_lucid_scale_is_one_over_f_down_to_one_cycle() -> None:
    """Olah et al. 2017, as in Lucid's ``fft_image``: times sqrt(h w), a fourth of the image."""
    one = made(preset("lucid"), (8, 8), 1)
    unit = torch.zeros(1, 1, 8, 5, 2, dtype=DOUBLE)
    unit[..., 0, 2, 0] = 1
    x = torch.logit(one.draw(unit))[0, 0]
    expected = 8 / (2 / 8) / 4 * 2 / 64  # a cosine of frequency 2 / 8
    assert x.max() == pytest.approx(expected)


@pytest.mark.parametrize("name", ["natural", "lucid"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3, 7])
def test_fourier_starts_from_any_picture(name: str, size: tuple[int, int], channels: int) -> None:
    one = made(preset(name), size, channels)
    drawn = torch.Generator().manual_seed(1)
    colors = torch.rand(2, channels, *size, generator=drawn, dtype=DOUBLE)
    colors[0] = 0.75  # flat: all of it is in the constant part
    assert one.invert is not None
    assert decibels(one.draw(one.invert(colors)), colors) > 60


@pytest.mark.parametrize("name", ["natural", "lucid"])
def test_a_photograph_comes_back_above_40_decibels(name: str, shared: Path) -> None:
    path = sorted((shared / "data" / "imagenet-sample").glob("*/*.jpg"))[0]
    bare = Preprocessing((97, 96), None, mean=(0.0,) * 3, std=(1.0,) * 3)
    colors = torch.from_numpy(read(path, bare).array)[None]
    one = parameterize(preset(name), Natural.usual(3), (97, 96), 96, CPU)
    assert one.invert is not None
    assert decibels(one.draw(one.invert(colors)), colors) > 40


def test_the_mean_color_of_a_natural_picture_is_carried_and_not_climbed() -> None:
    one = made(preset("natural"))
    assert (one.start([0, 1])[..., 0, 0, :] == 0).all()
    assert one.invert is not None
    given = one.invert(torch.full((1, 3, 16, 16), 0.75, dtype=DOUBLE)).requires_grad_()
    (slope,) = torch.autograd.grad(one.draw(given)[..., :4].sum(), given)
    assert (slope[..., 0, 0, :] == 0).all()
    assert slope.abs().sum() > 0


def test_pictures_of_coefficients_are_lucid_s() -> None:
    """By its own formulas: 1/f, a quarter, colors over the longest column, the sigmoid."""
    size, sigmoid = (12, 18), (lambda x: 1 / (1 + np.exp(-x)))
    one = made(preset("lucid"), size)
    rows = one.start([1, 2])
    height, width = size
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    scale = np.sqrt(width * height) / np.maximum(frequency, 1 / max(width, height))
    root = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
    normed = root / np.linalg.norm(root, axis=0).max()
    for row, colors in zip(rows.numpy(), one.draw(rows).numpy(), strict=True):
        image = np.fft.irfft2(scale * (row[..., 0] + 1j * row[..., 1]), s=size) / 4
        expected = sigmoid((image.transpose(1, 2, 0) @ normed.T).transpose(2, 0, 1))
        assert np.abs(colors - expected).max() < 1e-12
