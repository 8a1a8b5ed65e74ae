from __future__ import annotations

import numpy as np
import pytest

from convscope.doctor.dispersion import dispersion


def drawn(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def plain(weights: np.ndarray, seed: int, shuffles: int) -> list[float]:
    """The same in loops."""

    def statistic(values: np.ndarray) -> list[float]:
        count, inputs, height, width = values.shape
        filters = [sum(v * v for v in values[i].ravel()) / values[i].size for i in range(count)]
        reads = [
            sum(v * v for v in values[:, j].ravel()) / values[:, j].size for j in range(inputs)
        ]
        places = [
            sum(v * v for v in values[:, :, y, x].ravel()) / values[:, :, y, x].size
            for y in range(height)
            for x in range(width)
        ]
        return [
            sum((v - sum(some) / len(some)) ** 2 for v in some) / len(some)
            for some in (filters, reads, places)
        ]

    generator = np.random.default_rng(seed)
    flat = np.square(weights).ravel()
    floors = [
        statistic(np.sqrt(generator.permutation(flat)).reshape(weights.shape))
        for _ in range(shuffles)
    ]
    own = statistic(weights)
    found = []
    for axis in range(3):
        some = [floor[axis] for floor in floors]
        mean = sum(some) / len(some)
        std = (sum((v - mean) ** 2 for v in some) / (len(some) - 1)) ** 0.5
        found.append((own[axis] - mean) / std)
    return found


def test_it_is_what_loops_give() -> None:
    weights = drawn(9, 8, 3, 3)
    weights[2] *= 2
    assert dispersion(weights, shuffles=9, seed=3) == pytest.approx(plain(weights, 3, 9), rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_independent_weights_are_near_their_floor(seed: int) -> None:
    assert np.abs(dispersion(drawn(32, 16, 3, 3, seed=seed))).max() < 6


@pytest.mark.parametrize("axis", range(3))
def test_a_pattern_along_one_axis_is_seen_there(axis: int) -> None:
    weights = drawn(32, 16, 3, 3)
    part = [slice(None)] * 3
    part[axis] = slice(0, 2)
    weights.reshape(32, 16, 9)[tuple(part)] *= 3
    found = dispersion(weights)
    assert found[axis] > 15
    assert found.argmax() == axis


def test_an_axis_of_one_has_none_and_no_more_have_broken_weights() -> None:
    assert np.isnan(dispersion(drawn(8, 8, 1, 1))).tolist() == [False, False, True]
    broken = drawn(4, 4, 3, 3)
    broken[0, 0, 0, 0] = np.inf
    assert np.isnan(dispersion(broken)).all()
