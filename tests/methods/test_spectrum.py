from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
import pytest

from convscope.methods import spectrum as of
from convscope.methods.spectrum import energy, radii
from tests.twins.filters import spectrum


def shares(filters: Any) -> Any:
    return of.shares(energy(filters))


def noise(filters: Any) -> Any:
    return of.noise(energy(filters))


@pytest.mark.parametrize(
    ("side", "u", "v"), [(7, 1, 0), (7, 2, 3), (11, 5, 0), (8, 4, 4), (5, 0, 2)]
)
def test_a_pure_cosine_has_all_its_energy_in_its_bin(side: int, u: int, v: int) -> None:
    y, x = np.mgrid[:side, :side]
    one = np.cos(2 * pi * (u * y + v * x) / side + 0.3)
    power = energy(np.stack([one, 2 * one])[None])[0]
    bins = {(u, v), (-u % side, -v % side)}
    inside = sum(power[place] for place in bins)
    assert inside == pytest.approx(power.sum(), rel=1e-12)
    band = int(radii(side, side)[u, v] > 1 / 6 + 1e-9) + int(radii(side, side)[u, v] > 1 / 3 + 1e-9)
    assert shares(one[None, None])[0].tolist() == pytest.approx(np.eye(3)[band].tolist(), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_white_noise_scores_higher_than_its_blur(seed: int) -> None:
    white = np.random.default_rng(seed).normal(size=(16, 3, 7, 7))
    blur = sum(np.roll(white, (dy, dx), (2, 3)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)) / 9
    assert (noise(white) > noise(blur)).all()
    assert (shares(white)[:, 2] > shares(blur)[:, 2]).all()


def test_white_noise_scores_one_and_a_constant_zero() -> None:
    white = np.random.default_rng(0).normal(size=(4000, 3, 5, 5))
    assert noise(white).mean() == pytest.approx(1, abs=0.01)
    assert noise(np.ones((1, 2, 5, 5))).tolist() == [0]
    assert shares(np.ones((1, 2, 5, 5))).tolist() == [[1, 0, 0]]
    board = (-1.0) ** np.add.outer(np.arange(4), np.arange(4))
    assert noise(board[None, None])[0] > 1


@pytest.mark.parametrize(
    "shape", [(2, 3, 3, 3), (2, 1, 7, 7), (1, 4, 5, 6), (2, 2, 1, 7), (70, 12, 3, 3), (2, 9, 1, 7)]
)
def test_energies_are_those_of_plain_sums(shape: tuple[int, ...]) -> None:
    filters = np.random.default_rng(2).normal(size=shape)
    mean = radii(*shape[2:]).mean()
    for one, found, score in zip(filters, shares(filters), noise(filters), strict=True):
        bands, moment = spectrum(one)
        assert found.tolist() == pytest.approx(bands, abs=1e-12)
        assert score == pytest.approx(moment / mean)


def test_energy_adds_up_to_the_squared_weights() -> None:
    filters = np.random.default_rng(3).normal(size=(4, 3, 5, 7))
    assert energy(filters).sum(axis=(1, 2)) == pytest.approx(
        35 * np.square(filters).sum(axis=(1, 2, 3))
    )


def test_what_has_no_spectrum_has_no_number() -> None:
    assert np.isnan(shares(np.ones((2, 3, 1, 1)))).all()
    odd = np.ones((3, 1, 3, 3))
    odd[0], odd[1, 0, 0, 0] = 0, np.nan
    assert np.isnan(noise(odd)).tolist() == [True, True, False]
    assert np.isnan(shares(odd)).any(axis=1).tolist() == [True, True, False]


def test_trained_filters_are_smoother_than_random_ones() -> None:
    from convscope.methods.weights import weights
    from convscope.net.intake import load

    trained = weights(load("bundled:photos", device="cpu"), "conv1")
    random = weights(load("bundled:photos-start", device="cpu"), "conv1")
    assert trained.noise.mean() < random.noise.mean() - 0.05
