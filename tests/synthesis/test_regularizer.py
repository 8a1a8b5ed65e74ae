from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from convscope.synthesis.presets import PRESETS
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.regularizer import clipped, contribution, regularized, without_least
from tests.twins import ascent as twin

OFF = Recipe(parameterization="pixels")
MEAN = torch.tensor([120.0, 100.0, 90.0], dtype=torch.float64)[:, None, None]
SIZES = [(9, 9), (12, 7), (8, 13)]


def drawn(size: tuple[int, int], seed: int = 0, channels: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, channels, *size, generator=generator, dtype=torch.float64) * 60


def test_decay_takes_its_share_of_the_norm() -> None:
    pixels = MEAN + drawn((9, 12))
    decayed = regularized(pixels, pixels, MEAN, replace(OFF, decay=0.3), 5)
    ratio = (decayed - MEAN).flatten(1).norm(dim=1) / (pixels - MEAN).flatten(1).norm(dim=1)
    torch.testing.assert_close(ratio, torch.full_like(ratio, 0.7), rtol=1e-12, atol=0)


def test_nothing_is_done_where_all_is_off() -> None:
    pixels = MEAN + drawn((9, 12))
    assert (regularized(pixels, pixels, MEAN, OFF, 0) - pixels).abs().max() < 1e-12


@pytest.mark.parametrize("percent", [20, 50, 90])
@pytest.mark.parametrize("size", SIZES)
def test_exactly_the_percentage_of_pixels_is_emptied(size: tuple[int, int], percent: int) -> None:
    """Of values that differ, as many lie below NumPy's percentile: p % of the gaps between them."""
    x = drawn(size)
    empty = (without_least(x, x.norm(dim=1), percent) == 0).all(1).flatten(1)
    count = size[0] * size[1]
    assert empty.sum(1).tolist() == [int(np.ceil((count - 1) * percent / 100))] * 2
    assert abs(int(empty[0].sum()) - count * percent / 100) <= 1


def test_the_least_are_emptied_whole_and_the_others_stay() -> None:
    x = drawn((9, 9))
    measure = x.norm(dim=1)
    left = without_least(x, measure, 50)
    for row in range(2):
        gone = (left[row] == 0).all(0)
        assert measure[row][gone].max() < measure[row][~gone].min()
        assert (left[row][:, ~gone] == x[row][:, ~gone]).all()


def test_of_equal_pixels_none_is_less_than_the_others() -> None:
    x = torch.ones(1, 3, 6, 6)
    assert (without_least(x, x.norm(dim=1), 50) == x).all()
    x[..., :3] = 2
    assert (without_least(x, x.norm(dim=1), 40)[..., 3:] == 1).all()
    assert (without_least(x, x.norm(dim=1), 60)[..., 3:] == 0).all()


def test_a_row_is_measured_by_itself() -> None:
    x = drawn((9, 9))
    loud = torch.cat([x[:1], 1000 * x[1:]])
    assert (without_least(loud, loud.norm(dim=1), 50)[:1] == without_least(
        x, x.norm(dim=1), 50
    )[:1]).all()  # fmt: skip


def test_contributions_count_in_either_direction() -> None:
    x, gradient = drawn((5, 6)), drawn((5, 6), 1)
    expected = np.abs((gradient * -x).numpy().sum(1))
    assert np.abs(contribution(x, gradient).numpy() - expected).max() < 1e-12


def test_pixels_are_held_within_a_byte() -> None:
    pixels = clipped(MEAN + 5 * drawn((9, 9)))
    assert (pixels.min(), pixels.max()) == (0, 255)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("step", [0, 3, 4])
def test_the_published_order(size: tuple[int, int], number: int, step: int) -> None:
    """Decay, blur every fourth step, least norms, least contributions: as in the program."""
    recipe = PRESETS[f"yosinski-{number}"]
    x, gradient = drawn(size), drawn(size, 1)
    found = regularized(x + MEAN, gradient, MEAN, recipe, step) - MEAN
    for row in range(2):
        pair = x[row].numpy(), gradient[row].numpy()
        assert np.abs(found[row].numpy() - twin.regularized(*pair, step, recipe)).max() < 1e-6


def test_the_order_matters_and_is_theirs() -> None:
    """All at once; blurring after the pixels are emptied would fill them again."""
    recipe = replace(OFF, steps=9, decay=0.2, blur=1.0, norm_percentile=40.0,
                     contribution_percentile=60.0)  # fmt: skip
    x, gradient = drawn((11, 8)), drawn((11, 8), 1)
    found = regularized(x + MEAN, gradient, MEAN, recipe, 4) - MEAN
    for row in range(2):
        expected = twin.regularized(x[row].numpy(), gradient[row].numpy(), 4, recipe)
        assert np.abs(found[row].numpy() - expected).max() < 1e-6
        assert (np.abs(expected).max(0) == 0).mean() > 0.5
