from __future__ import annotations

from math import pi
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from convscope.doctor.alias import (
    alias_frequency,
    alias_share,
    at_frequency,
    folds,
    grid_energy,
    in_next,
    tuning,
)
from convscope.training.loop import train
from convscope.training.options import TrainOptions
from tests.twins import doctor_filters as slow

LATTICE = 24
"""Cells of a map along each axis: gratings below have whole waves on it after sampling."""


def grating(size: int, down: float, along: float) -> torch.Tensor:
    y, x = np.mgrid[:size, :size]
    return torch.from_numpy(np.cos(2 * pi * (down * y + along * x) + 0.4))[None, None]


def cases() -> list[tuple[int, int, int]]:
    """Stride, and whole waves on the image along y and x, of which one is above Nyquist."""
    return [(2, 20, 0), (2, 3, 17), (4, 0, 31), (4, 45, 29), (4, 13, 5), (3, 30, 14), (8, 91, 50)]


@pytest.mark.parametrize(("stride", "u", "v"), cases())
def test_the_alias_of_a_grating_is_at_the_predicted_frequency(stride: int, u: int, v: int) -> None:
    size = stride * LATTICE
    wave = np.array([u, v]) / size
    assert folds(wave, stride)
    delta = torch.zeros(1, 1, 3, 3, dtype=torch.float64)
    delta[0, 0, 1, 1] = 1
    sampled = F.conv2d(grating(size, *wave), delta, stride=stride, padding=1)[0, 0].numpy()
    assert sampled.shape == (LATTICE, LATTICE)
    power = np.array([
        [abs(slow.wave(sampled, y / LATTICE, x / LATTICE)) ** 2 for x in range(LATTICE)]
        for y in range(LATTICE)
    ])  # fmt: skip
    predicted = alias_frequency(wave, stride) * stride * LATTICE  # in whole waves of the lattice
    place = tuple(int(p) % LATTICE for p in np.round(predicted))
    other = tuple(int(-p) % LATTICE for p in np.round(predicted))
    assert predicted == pytest.approx(np.round(predicted))
    assert power[place] + power[other] * (place != other) == pytest.approx(power.sum())
    found = at_frequency(sampled[None, None], predicted[None] / LATTICE)
    twice = power[place] / np.square(sampled).sum()
    assert found[0] == pytest.approx(twice)


def test_a_real_first_layer_of_stride_4_answers_with_the_alias() -> None:
    """AlexNet's first layer, 11 x 11 at stride 4: no map tells the wave from its alias."""
    stride, side = 4, 11
    size = stride * (LATTICE - 1) + side
    wave = np.array([0.0, 5 / 24])  # 0.208 cycles a pixel, Nyquist of the stride is 0.125
    filters = torch.from_numpy(np.random.default_rng(0).normal(size=(6, 3, side, side)))
    image = grating(size, *wave).expand(1, 3, -1, -1)
    maps = F.conv2d(image, filters, stride=stride)[0].numpy()[:, None]
    assert maps.shape[2:] == (LATTICE, LATTICE)
    alias = alias_frequency(wave, stride) * stride
    assert alias.tolist() == pytest.approx([0, -1 / 6])
    assert alias_frequency(wave, 2).tolist() == wave.tolist()
    all_of_it = LATTICE**2 / 2  # a real wave has half at the frequency, half at its negative
    assert at_frequency(maps, np.repeat(alias[None], 6, 0)).tolist() == pytest.approx(
        [all_of_it] * 6
    )
    fine = F.conv2d(image, filters, stride=1)[0].numpy()[:, None, :72, :72]
    whole = at_frequency(fine, np.repeat(wave[None], 6, 0))
    assert whole.tolist() == pytest.approx([72 * 72 / 2] * 6)  # at stride 1 it is the wave itself


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_shares_are_those_of_plain_sums(stride: int) -> None:
    filters = np.random.default_rng(stride).normal(size=(2, 2, 3, 4))
    found = alias_share(filters, stride, size=12)
    expected = [slow.alias_share(one, stride, 12) for one in filters]
    assert found.tolist() == pytest.approx(expected, abs=1e-12)
    preferred = tuning(filters, stride, size=12)
    assert preferred.frequency[:, 0].max() <= 0.5
    for one, place in zip(filters, preferred.frequency, strict=True):
        down, along = slow.preferred(one, 12)
        here = [sum(abs(slow.wave(p, *at)) ** 2 for p in one) for at in (place, (down, along))]
        assert here[0] == pytest.approx(here[1])


def test_a_larger_stride_folds_more_of_the_same_filters() -> None:
    drawn = np.random.default_rng(3)
    white = drawn.normal(size=(16, 3, 7, 7))
    smooth = white + sum(np.roll(white, shift, (2, 3)) for shift in ((0, 1), (1, 0), (1, 1)))
    for filters in (white, smooth):
        one, two, four = (alias_share(filters, stride) for stride in (1, 2, 4))
        assert one.tolist() == [0] * 16
        assert (two > 0).all()
        assert (two < four).all()
        assert tuning(filters, 2).folded.sum() < tuning(filters, 4).folded.sum()
    assert (alias_share(smooth, 2) < alias_share(white, 2)).mean() > 0.9


NETS = """
from torch import nn

def net(stride):
    return nn.Sequential(
        nn.Conv2d(3, 16, 7, stride, padding=3), nn.ReLU(), nn.AdaptiveMaxPool2d(6), nn.Flatten(),
        nn.Linear(16 * 36, 18))

def fine():
    return net(2)

def coarse():
    return net(4)
"""


@pytest.mark.parametrize("seed", [0, 1])
def test_a_network_trained_at_stride_4_folds_more_than_one_at_stride_2(
    tmp_path: Path, seed: int
) -> None:
    """Zeiler & Fergus 2013, sec. 4.1 and Fig. 6: same photographs, same seed, both learning."""
    (tmp_path / "nets.py").write_text(NETS)
    options = TrainOptions(
        epochs=6, batch=32, rate=0.02, size=72, resize=72, init="kaiming", schedule="constant",
        center="channel", scale="deviation", radius=0.0, data_size=600, probes=0, seed=seed,
        whiten_first=True,
    )  # fmt: skip
    shares = []
    for name, stride in (("fine", 2), ("coarse", 4)):
        spec = f"{tmp_path}/nets.py:{name}"
        made = train(spec, "bundled:photos", tmp_path / name, options, device="cpu")
        assert made.history["train_accuracy"][-1] > 0.5
        weights = made.net(device="cpu").module[0].weight.detach().numpy()
        shares.append(float(np.median(alias_share(weights, stride))))
    assert shares[1] > 1.2 * shares[0]


def test_a_filter_prefers_its_own_wave_and_is_folded_beyond_nyquist() -> None:
    y, x = np.mgrid[:31, :31] - 15
    window = np.exp(-(y**2 + x**2) / 100)
    waves = np.array([[0.0, 0.1875], [0.375, 0.125], [0.0625, 0.0625]])
    filters = np.stack([window * np.cos(2 * pi * (v * y + u * x)) for v, u in waves])[:, None]
    found = tuning(filters, 4)
    assert np.abs(found.frequency) == pytest.approx(waves, abs=1 / 128)
    assert found.folded.tolist() == [True, True, False]
    assert found.alias[2].tolist() == found.frequency[2].tolist()
    assert alias_share(filters, 4)[0] > 0.9 > 0.1 > alias_share(filters, 4)[2]


@pytest.mark.parametrize(("period", "sides"), [(2, (6, 8)), (3, (6, 9)), (4, (8, 8))])
def test_grid_energy_is_that_at_the_multiples_of_the_lattice(
    period: int, sides: tuple[int, int]
) -> None:
    pictures = np.random.default_rng(period).normal(size=(3, 2, *sides)) + 5
    pictures[1, :, ::period, ::period] += 4
    expected = [slow.grid_energy(one, period) for one in pictures]
    assert grid_energy(pictures, period).tolist() == pytest.approx(expected, abs=1e-12)
    assert expected[1] > 2 * expected[0]


def test_white_noise_has_the_grid_energy_that_is_expected_of_it() -> None:
    white = np.random.default_rng(0).normal(size=(3000, 1, 11, 13))
    assert grid_energy(white, 4).mean() == pytest.approx(15 / (11 * 13 - 1), rel=0.02)


def test_a_transposed_convolution_shows_the_lattice_it_is_drawn_on() -> None:
    """The same smooth filters at two strides: what stride 2 smooths over, stride 4 leaves."""
    y, x = np.mgrid[-3:4, -3:4]
    blob = torch.from_numpy(np.exp(-(y**2 + x**2) / 4.0))[None, None]
    cells = torch.from_numpy(np.random.default_rng(1).normal(size=(40, 1, 9, 9)) + 1)
    two, four = (
        grid_energy(F.conv_transpose2d(cells, blob, stride=s).numpy()[:, :, 3:-3, 3:-3], s)
        for s in (2, 4)
    )
    assert np.median(four) > 3 * np.median(two)


def test_aliases_planted_in_the_next_layers_filters_are_found_there() -> None:
    drawn = np.random.default_rng(4)
    y, x = np.mgrid[:11, :11] - 5
    waves = np.concatenate([np.full(6, 0.375), np.full(6, 0.0625)])
    first = np.stack([np.cos(2 * pi * f * x) * np.exp(-(y**2 + x**2) / 16) for f in waves])[:, None]
    tuned = tuning(first, 2)
    assert tuned.folded.tolist() == [True] * 6 + [False] * 6
    plain = drawn.normal(size=(32, 12, 5, 5))
    planted = plain.copy()
    down, along = np.mgrid[:5, :5]
    for channel in range(6):
        f, g = alias_frequency(tuned.frequency[channel], 2) * 2
        planted[:, channel] += 2 * np.cos(2 * pi * (f * down + g * along))
    here, there = in_next(planted, tuned, 2)
    assert here > 4 > 1.3 > there > 0.7
    assert in_next(plain, tuned, 2)[0] == pytest.approx(1, abs=0.3)
    every = in_next(planted[:, :6], tuning(first[:6], 2), 2)
    assert every[0] == here
    assert np.isnan(every[1])
    none = tuning(first[6:], 2)
    assert np.isnan(in_next(plain[:, 6:], none, 2)).all()
    assert np.isnan(in_next(plain[:, :, :1, :1], tuned, 2)).all()


def test_what_is_no_filter_has_no_number() -> None:
    odd = np.ones((3, 1, 3, 3))
    odd[0], odd[1, 0, 0, 0] = 0, np.nan
    assert np.isnan(alias_share(odd, 2)).tolist() == [True, True, False]
    found = tuning(odd, 2)
    assert np.isnan(found.frequency).any(axis=1).tolist() == [True, True, False]
    assert found.folded.tolist() == [False, False, False]
    assert np.isnan(grid_energy(np.ones((1, 1, 8, 8)), 2)).all()
    assert np.isnan(grid_energy(np.random.default_rng(0).normal(size=(1, 1, 7, 9)), 4)).all()
