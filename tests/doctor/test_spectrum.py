from __future__ import annotations

from math import pi
from pathlib import Path

import numpy as np
import pytest

from convscope.doctor.filters import layer_filters
from convscope.doctor.spectrum import bands, filter_spectrum, noise, white_bands
from convscope.net.intake import load
from tests.twins.filters import spectrum


@pytest.mark.parametrize(
    ("side", "u", "v"), [(7, 1, 0), (7, 2, 3), (11, 5, 0), (8, 4, 4), (3, 1, 1), (5, 0, 2)]
)
def test_a_pure_cosine_has_all_its_energy_in_its_bin(side: int, u: int, v: int) -> None:
    y, x = np.mgrid[:side, :side]
    one = np.cos(2 * pi * (u * y + v * x) / side + 0.3)
    power = filter_spectrum(np.stack([one, -3 * one])[None])[0]
    bins = {(u, v), (-u % side, -v % side)}
    for place in np.ndindex(side, side):
        assert (power[place] > 1e-9) == (place in bins), place
    assert sum(power[place] for place in bins) == pytest.approx(power.sum(), rel=1e-12)


def test_shares_and_score_are_those_of_plain_sums() -> None:
    filters = np.random.default_rng(1).normal(size=(3, 2, 5, 5))
    radius = [np.hypot(*np.minimum(p, 5 - np.array(p)) / 5) for p in np.ndindex(5, 5)]
    found = bands(filter_spectrum(filters))
    for one, share, score in zip(filters, found, noise(filters), strict=True):
        slow, moment = spectrum(one)
        assert share.tolist() == pytest.approx(slow, abs=1e-12)
        assert score == pytest.approx(moment / np.mean(radius))


@pytest.mark.parametrize("seed", range(5))
def test_white_noise_scores_higher_than_its_blur(seed: int) -> None:
    white = np.random.default_rng(seed).normal(size=(16, 3, 7, 7))
    blur = sum(np.roll(white, (dy, dx), (2, 3)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)) / 9
    assert (noise(white) > noise(blur)).all()


def test_white_noise_has_the_bands_that_are_expected_of_it() -> None:
    white = np.random.default_rng(0).normal(size=(4000, 3, 7, 5))
    found = bands(filter_spectrum(white)).mean(axis=0)
    assert found.tolist() == pytest.approx(white_bands(7, 5).tolist(), abs=0.005)
    assert white_bands(7, 5).sum() == pytest.approx(1)


def test_small_kernels_have_no_score() -> None:
    for shape in ((4, 3, 1, 1), (4, 3, 2, 2), (4, 3, 1, 7)):
        assert np.isnan(noise(np.ones(shape))).tolist() == [True] * 4
    odd = np.ones((3, 1, 3, 3))
    odd[0], odd[1, 0, 0, 0] = 0, np.inf
    assert np.isnan(noise(odd)).tolist() == [True, True, False]


def test_the_bundled_net_was_noise_before_it_was_trained() -> None:
    start, end = (
        {one.name: one.weights for one in layer_filters(load(spec, device="cpu"))}
        for spec in ("bundled:photos-start", "bundled:photos")
    )
    for name in ("conv1", "conv2", "conv3", "conv4", "conv5"):
        assert noise(end[name]).mean() < noise(start[name]).mean(), name
    assert noise(end["conv1"]).mean() < 0.6 < 0.9 < noise(start["conv1"]).mean()


def test_squeezenets_filters_are_smoother_than_in_another_order(shared: Path) -> None:
    net = load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")
    drawn = np.random.default_rng(0)
    scored = 0
    for one in layer_filters(net):
        if min(one.weights.shape[2:]) < 3:
            continue
        shuffled = drawn.permutation(one.weights.reshape(-1)).reshape(one.weights.shape)
        random = drawn.normal(size=one.weights.shape)
        own = np.nanmean(noise(one.weights))
        assert own < 0.97 < 0.98 < min(noise(shuffled).mean(), noise(random).mean()), one.name
        scored += 1
    assert scored == 9
