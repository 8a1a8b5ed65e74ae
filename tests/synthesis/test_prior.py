from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from convscope.synthesis.prior import Prior, norm, variation
from tests.twins import inversion as twin
from tests.twins.inversion import Array

EDGE = 1e-6


def pixels(seed: int = 0, shape: tuple[int, ...] = (2, 4, 5)) -> Array:
    return np.random.default_rng(seed).normal(0, 40, shape)


def test_the_alpha_norm_and_its_slope_are_the_slow_twins() -> None:
    x = torch.tensor(np.stack([pixels(0), pixels(1)]), requires_grad=True)
    for alpha in (1.5, 2.0, 6.0):
        found = norm(x, alpha)
        (slope,) = torch.autograd.grad(found.sum(), x)
        for row in (0, 1):
            one = pixels(row)
            assert float(found.detach()[row]) == pytest.approx(
                twin.alpha_norm(one, alpha), rel=1e-12
            )
            assert np.allclose(slope[row].numpy(), twin.alpha_norm_slope(one, alpha), rtol=1e-10)


def test_the_variation_and_its_slope_are_the_slow_twins() -> None:
    x = torch.tensor(np.stack([pixels(0), pixels(1)]), requires_grad=True)
    for beta in (1.0, 1.5, 2.0):
        found = variation(x, beta)
        (slope,) = torch.autograd.grad(found.sum(), x)
        for row in (0, 1):
            one = pixels(row)
            expected = twin.variation_slope(one, beta)
            # where nothing differs a difference of 1e-5 stands in, whose power beta is the gap
            assert float(found.detach()[row]) == pytest.approx(twin.variation(one, beta), abs=1e-4)
            assert np.allclose(slope[row].numpy(), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("value", "slope", "power"), [
    (twin.alpha_norm, twin.alpha_norm_slope, 6.0),
    (twin.alpha_norm, twin.alpha_norm_slope, 2.5),
    (twin.variation, twin.variation_slope, 2.0),
    (twin.variation, twin.variation_slope, 1.2),
])  # fmt: skip
def test_the_twins_slopes_are_finite_differences(
    value: Callable[[Array, float], float], slope: Callable[[Array, float], Array], power: float
) -> None:
    x = pixels(3, (1, 3, 4)) / 40
    expected = slope(x, power)
    for place in range(x.size):
        step = np.zeros(x.size)
        step[place] = EDGE
        step = step.reshape(x.shape)
        found = (value(x + step, power) - value(x - step, power)) / (2 * EDGE)
        assert found == pytest.approx(expected.ravel()[place], rel=1e-5, abs=1e-6)


def test_flat_pictures_vary_by_nothing_and_have_no_slope() -> None:
    x = torch.full((1, 1, 3, 3), 7.0, dtype=torch.float64, requires_grad=True)
    for beta in (0.5, 1.0, 2.0):
        (slope,) = torch.autograd.grad(variation(x, beta).sum(), x)
        assert not slope.any()


def test_both_are_weighed_on_average_over_all_values() -> None:
    """``weight * mean (|x| / B)^alpha + weight * mean (|d| / V)^beta``, whatever the size."""
    mean = np.array([0.4, 0.6])
    prior = Prior(mean, 6.0, 151.0, 0.7, 2.0, 30.0, 1.3)
    x = pixels()
    colors = torch.tensor(x / 255 + mean[:, None, None])[None]
    expected = 0.7 * twin.alpha_norm(x / 151, 6.0) / x.size
    expected += 1.3 * twin.variation(x / 30, 2.0) / x.size
    assert float(prior(colors)[0]) == pytest.approx(expected, rel=1e-9)
    tall = prior(torch.cat([colors, colors.flip(2)], 2))  # the seam is flat
    assert float(tall[0]) == pytest.approx(expected, rel=1e-9)


def test_a_weight_of_zero_is_left_out() -> None:
    colors = torch.rand(3, 1, 4, 4, dtype=torch.float64)
    nothing = Prior(np.array([0.5]), 6.0, 1e-300, 0.0, 2.0, 1e-300, 0.0)
    assert nothing(colors).tolist() == [0, 0, 0]
