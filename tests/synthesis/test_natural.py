from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from convscope.errors import DataError
from convscope.synthesis.natural import Natural, natural_of

SIZES = [(16, 16), (17, 16), (16, 21), (23, 15)]


def pictures(
    count: int, channels: int, size: tuple[int, int], seed: int = 0
) -> NDArray[np.float64]:
    """Images (n, c, h, w) whose magnitudes fall as 1/f, with colors that vary together."""
    drawn = np.random.default_rng(seed)
    height, width = size
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    frequency[0, 0] = 1
    noise = np.fft.rfft2(drawn.normal(size=(count, channels, height, width)))
    smooth = np.fft.irfft2(noise / frequency, s=size)
    mixed = np.einsum("cd,ndhw->nchw", drawn.normal(size=(channels, channels)), smooth)
    return np.asarray(0.5 + 0.1 * mixed / mixed.std())


def image_of(natural: Natural, size: tuple[int, int]) -> NDArray[np.float64]:
    """A white image (c, h, w) with the magnitude and the phases of noise."""
    noise = np.random.default_rng(5).normal(size=(len(natural.magnitude), *size))
    phase = np.exp(1j * np.angle(np.fft.rfft2(noise)))
    return np.asarray(np.fft.irfft2(natural.scaled(*size) * phase, s=size))


@pytest.mark.parametrize("channels", [1, 3, 7])
@pytest.mark.parametrize("size", SIZES)
def test_white_images_have_variance_1_at_every_size(channels: int, size: tuple[int, int]) -> None:
    measured = natural_of(pictures(5, channels, (20, 27)))
    for natural in (measured, Natural.usual(channels)):
        assert natural.scaled(*size).shape == (channels, size[0], size[1] // 2 + 1)
        image = image_of(natural, size)
        assert np.abs(image.std((1, 2)) - 1).max() < 1e-12
        assert np.abs(image.mean((1, 2))).max() < 1e-12


@pytest.mark.parametrize("size", [(20, 27), (21, 26), (20, 20)])
def test_at_their_own_size_magnitudes_stay_as_they_were_measured(size: tuple[int, int]) -> None:
    """The average of the images' own, by a plain transform under the window."""
    images = pictures(4, 1, size)
    natural = natural_of(images)
    window = np.outer(*(np.sin(np.pi * np.arange(1, n + 1) / (n + 1)) ** 2 for n in size))
    centered = images[:, 0] - images.mean()
    whole = sum(np.abs(np.fft.fft2((one - one.mean()) * window)) for one in centered)
    whole[0, 0] = 0
    whole /= np.sqrt((whole**2).sum()) / whole.size
    assert np.abs(natural.scaled(*size)[0] - whole[:, : size[1] // 2 + 1]).max() < 1e-9


def test_a_larger_canvas_has_the_same_magnitudes_at_the_same_frequencies() -> None:
    """Up to one factor for all; halfway between frequencies, between their magnitudes."""
    natural = natural_of(pictures(6, 3, (18, 24)))
    small, large = natural.scaled(18, 24), natural.scaled(36, 48)
    # the rows of the highest frequency, and what borders on the constant part, are between
    rows = np.r_[2:9, -8:-1]
    for one, other in zip(small, large[:, ::2, ::2], strict=True):
        ratio = other[rows, 2:-1] / one[rows, 2:-1]
        assert ratio.std() / ratio.mean() < 1e-9


def test_magnitudes_mirror_themselves_as_a_real_image_s_do() -> None:
    natural = natural_of(pictures(6, 3, (18, 24)))
    for size in SIZES:
        scaled = natural.scaled(*size)
        for column in [0] + [size[1] // 2] * (size[1] % 2 == 0):
            mirrored = scaled[:, -np.arange(size[0]) % size[0], column]
            assert np.abs(scaled[:, :, column] - mirrored).max() < 1e-9 * scaled.max()


def test_the_usual_falls_as_one_over_f() -> None:
    found = Natural.usual(2).scaled(32, 32)
    assert found[0, 0, 2] / found[0, 0, 4] == pytest.approx(2, rel=0.02)
    assert found[0, 3, 4] / found[0, 6, 8] == pytest.approx(2, rel=0.02)
    assert (found[:, 0, 0] == 0).all()


@pytest.mark.parametrize("channels", [1, 3, 7])
def test_colors_have_the_covariance_of_the_images(channels: int) -> None:
    images = pictures(5, channels, (12, 11))
    natural = natural_of(images)
    flat = images.transpose(1, 0, 2, 3).reshape(channels, -1)
    assert np.abs(natural.mean - flat.mean(1)).max() < 1e-12
    assert np.abs(natural.color @ natural.color.T - np.cov(flat, ddof=0)).max() < 1e-8
    assert natural.images == 5


def test_magnitudes_are_those_of_channels_that_no_longer_vary_together() -> None:
    """Each white channel has the spectrum of its own source, of colors that are mixed of both."""
    drawn, height, width = np.random.default_rng(2), 24, 24
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)) + 0.02
    noise = np.fft.rfft2(drawn.normal(size=(40, 2, height, width)))
    flat_and_steep = np.fft.irfft2(noise / np.stack([frequency**0, frequency**2]))
    flat_and_steep /= flat_and_steep.std((0, 2, 3), keepdims=True)
    turned = np.array([[3.0, 1.0], [1.0, 1.0]])  # symmetric: what the colors' own root undoes
    natural = natural_of(0.5 + 0.05 * np.einsum("cd,ndhw->nchw", turned, flat_and_steep))
    far, near = natural.magnitude[:, 2:10, 8].mean(1), natural.magnitude[:, 1:3, 1].mean(1)
    assert near[0] / far[0] < 2
    assert near[1] / far[1] > 20


def test_the_usual_colors_are_lucid_s() -> None:
    assert Natural.usual(3).color[0].tolist() == [0.26, 0.09, 0.02]
    assert Natural.usual(5).color.shape == (5, 5)


def test_a_flat_channel_has_the_usual_spectrum_and_hardly_any_color() -> None:
    images = pictures(4, 3, (16, 18))
    images[:, 1] = 0.25
    natural = natural_of(images)
    assert np.isfinite(natural.scaled(21, 14)).all()
    assert np.abs(image_of(natural, (21, 14)).std((1, 2)) - 1).max() < 1e-12
    assert natural.mean[1] == pytest.approx(0.25)
    assert (natural.color @ natural.color.T)[1, 1] < 1e-5


@pytest.mark.parametrize("images", [[], [np.full((3, 8, 8), 0.4)] * 2])
def test_images_without_any_pattern_are_refused(images: list[NDArray[np.float64]]) -> None:
    with pytest.raises(DataError, match="no spectrum to take"):
        natural_of(images)
