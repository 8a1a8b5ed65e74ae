from __future__ import annotations

import numpy as np

from convscope.geometry.box import Box
from convscope.methods.fill import fill_of
from convscope.methods.options.occlude import OccludeOptions

ARRAY = (np.random.default_rng(4).standard_normal((3, 20, 23)) * [[[1]], [[2]], [[5]]] + 3).astype(
    np.float32
)
BOX = Box(6, 7, 13, 18)


def test_blur_is_a_gaussian_a_quarter_of_the_occluder_wide() -> None:
    options = OccludeOptions(occluder=6, occluder_width=4, fill="blur")
    y, x = np.arange(-6, 7), np.arange(-4, 5)  # four standard deviations: 1.5 and 1
    weights = np.exp(-(y[:, None] ** 2) / (2 * 1.5**2) - x**2 / 2)
    weights /= weights.sum()
    slow = [
        (weights * ARRAY[1, row - 6 : row + 7, column - 4 : column + 5]).sum()
        for row in range(BOX.y0, BOX.y1)
        for column in range(BOX.x0, BOX.x1)
    ]
    found = fill_of(ARRAY, options)(BOX)[1]
    np.testing.assert_allclose(found.reshape(-1), slow, atol=1e-3)


def test_noise_has_each_channels_own_mean_and_spread() -> None:
    found = fill_of(ARRAY, OccludeOptions(fill="noise"))(Box(0, 0, 20, 23))
    for channel in range(3):
        own, made = ARRAY[channel], found[channel]
        error = own.std() / np.sqrt(own.size)
        assert abs(made.mean() - own.mean()) < 4 * error
        assert abs(made.std() / own.std() - 1) < 0.15
        assert abs(np.corrcoef(made.reshape(-1), own.reshape(-1))[0, 1]) < 0.2


def test_the_mean_is_what_the_network_subtracts() -> None:
    assert not fill_of(ARRAY, OccludeOptions(fill="mean"))(BOX).any()
