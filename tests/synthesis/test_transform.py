from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from convscope.synthesis.recipe import Recipe
from convscope.synthesis.transform import blurred, transformed

OFF = Recipe(jitter=0.0, scale=0.0, rotate=0.0)
SIZES = [(16, 16), (13, 18), (21, 8)]


def colors(size: tuple[int, int] = (16, 16), rows: int = 2, channels: int = 3) -> Tensor:
    drawn = torch.Generator().manual_seed(0)
    return torch.rand(rows, channels, *size, generator=drawn, dtype=torch.float64)


def shift_of(given: Tensor, seen: Tensor, reach: int) -> tuple[int, int] | None:
    """By which whole pixels a picture was moved, grey coming in; None: by none."""
    for y in range(-reach, reach + 1):
        for x in range(-reach, reach + 1):
            if (moved(given, y, x) - seen).abs().max() < 1e-6:
                return y, x
    return None


def moved(given: Tensor, y: int, x: int) -> Tensor:
    """Row i is row i + y of the picture, where it has one; else middle grey."""
    height, width = given.shape[2:]
    out = torch.full_like(given, 0.5)
    ys = slice(max(-y, 0), min(height - y, height))
    xs = slice(max(-x, 0), min(width - x, width))
    out[:, :, ys, xs] = given[
        :, :, slice(ys.start + y, ys.stop + y), slice(xs.start + x, xs.stop + x)
    ]
    return out


def test_nothing_is_done_where_all_are_zero() -> None:
    given = colors()
    assert transformed(given, OFF, 0.3, 227, 5) is given


@pytest.mark.parametrize("size", SIZES)
def test_jitter_moves_by_whole_pixels_and_grey_comes_in(size: tuple[int, int]) -> None:
    given, recipe = colors(size), replace(OFF, jitter=0.2)
    found = [shift_of(given, transformed(given, recipe, 0, 16, step), 4) for step in range(24)]
    assert None not in found
    assert {abs(y) for y, _ in found} | {abs(x) for _, x in found} == {0, 1, 2, 3}
    assert len(set(found)) > 12


@pytest.mark.parametrize(("side", "reach"), [(8, 1), (28, 1), (50, 2), (227, 9)])
def test_jitter_scales_with_the_side_of_the_input_and_is_a_pixel_at_least(
    side: int, reach: int
) -> None:
    given, recipe = colors((32, 32), 1, 1), replace(OFF, jitter=0.04)
    found = [shift_of(given, transformed(given, recipe, 0, side, step), 10) for step in range(60)]
    assert max(abs(v) for pair in found if pair for v in pair) == reach


def test_draws_depend_on_the_step_alone() -> None:
    recipe = replace(OFF, jitter=0.2, scale=0.1, rotate=8.0, noise=0.1, defocus=(0.0, 2.0), crops=2)
    given = colors(rows=3)
    torch.manual_seed(1)
    first = transformed(given, recipe, 0.5, 16, 7)
    torch.manual_seed(2)
    torch.randn(9)
    assert torch.equal(first, transformed(given, recipe, 0.5, 16, 7))
    assert not torch.equal(first, transformed(given, recipe, 0.5, 16, 8))


def test_rows_share_their_draws_and_crops_do_not() -> None:
    """Row by row gives what all rows give; the first draw of all rows, then the second."""
    recipe = replace(OFF, jitter=0.2, scale=0.1, rotate=8.0, noise=0.1, defocus=(0.0, 2.0), crops=2)
    given = colors(rows=3)
    both = transformed(given, recipe, 0, 16, 3)
    assert both.shape == (6, 3, 16, 16)
    for row in range(3):
        alone = transformed(given[row : row + 1], recipe, 0, 16, 3)
        assert (alone - both[[row, row + 3]]).abs().max() < 1e-12
    assert not torch.allclose(both[:3], both[3:])
    one = transformed(given, replace(recipe, crops=1), 0, 16, 3)
    assert (one - both[:3]).abs().max() < 1e-12


def test_a_rotation_turns_the_picture_about_its_middle_by_at_most_its_angle() -> None:
    """A ramp turned is a ramp: its slope has turned, its middle and its length have not."""
    recipe = replace(OFF, rotate=20.0)
    for size in SIZES:
        y, x = (torch.arange(n, dtype=torch.float64) - (n - 1) / 2 for n in size)
        ramp = (0.5 + 0.01 * y[:, None] + 0.02 * x)[None, None]
        angles = []
        for step in range(20):
            seen = transformed(ramp, recipe, 0, 16, step)[0, 0]
            cy, cx = size[0] // 2, size[1] // 2
            slope_y = float(seen[cy + 1, cx] - seen[cy, cx])
            slope_x = float(seen[cy, cx + 1] - seen[cy, cx])
            assert math.hypot(slope_y, slope_x) == pytest.approx(math.hypot(0.01, 0.02))
            turned = math.atan2(slope_y, slope_x) - math.atan2(0.01, 0.02)
            angles.append(math.degrees(turned))
            middle = seen[
                (size[0] - 1) // 2 : size[0] // 2 + 1, (size[1] - 1) // 2 : size[1] // 2 + 1
            ]
            assert float(middle.mean()) == pytest.approx(0.5, abs=1e-9)
        assert max(angles) < 20
        assert min(angles) > -20
        assert max(angles) - min(angles) > 15


def test_a_scale_enlarges_or_shrinks_by_at_most_its_share() -> None:
    recipe = replace(OFF, scale=0.25)
    ramp = (0.01 * torch.arange(21, dtype=torch.float64)).expand(1, 1, 21, 21)
    slopes = []
    for step in range(20):
        seen = transformed(ramp, recipe, 0, 21, step)[0, 0]
        slopes.append(float(seen[10, 11] - seen[10, 10]) / 0.01)
    assert min(slopes) >= 1 / 1.25
    assert max(slopes) <= 1 / 0.75
    assert max(slopes) - min(slopes) > 0.2


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0.8), (0.5, 0.6), (1.0, 0.4)])
def test_crops_shrink_as_the_climb_goes_on(share: float, expected: float) -> None:
    recipe = replace(OFF, box=(0.8, 0.4))
    ramp = (0.01 * torch.arange(21, dtype=torch.float64)).expand(1, 1, 21, 21)
    seen = transformed(ramp, recipe, share, 21, 0)[0, 0]
    assert float(seen[10, 11] - seen[10, 10]) / 0.01 == pytest.approx(expected)


def test_noise_has_its_deviation_and_is_the_same_for_all_rows() -> None:
    given = torch.full((2, 3, 64, 64), 0.5, dtype=torch.float64)
    seen = transformed(given, replace(OFF, noise=0.08), 0, 64, 0)
    assert float((seen - 0.5).std()) == pytest.approx(0.08, rel=0.02)
    assert torch.equal(seen[0], seen[1])


@pytest.mark.parametrize("side", [28, 227, 454])
def test_a_defocus_is_a_blur_of_that_many_pixels_at_227(side: int) -> None:
    given = colors((30, 30))
    share = (side / 227) ** 0.6
    seen = transformed(given, replace(OFF, defocus=(1.5, 1.5)), 0, side, 0)
    assert (seen - blurred(given, 1.5 * share)).abs().max() < 1e-12


def test_gradients_flow_through_every_transform() -> None:
    recipe = Recipe(crops=2, box=(0.9, 0.5), noise=0.1, defocus=(0.5, 2.0))
    given = colors().requires_grad_()
    (slope,) = torch.autograd.grad(transformed(given, recipe, 0.5, 16, 0).sum(), given)
    assert slope.isfinite().all()
    assert (slope != 0).any()


@pytest.mark.parametrize("size", [(9, 9), (12, 7), (8, 13), (1, 6), (5, 1), (2, 3)])
@pytest.mark.parametrize("sigma", [0.05, 0.3, 0.5, 1.0, 2.3, 4.0, 11.0])
def test_a_blur_is_scipy_s(size: tuple[int, int], sigma: float) -> None:
    """Also where the kernel is larger than the picture, several times over."""
    given = colors(size)
    found = blurred(given, sigma).numpy()
    for row, planes in enumerate(given.numpy()):
        for channel, plane in enumerate(planes):
            expected = gaussian_filter(plane, sigma, mode="reflect", truncate=4.0)
            assert np.abs(found[row, channel] - expected).max() < 1e-6


def test_a_blur_of_nothing_is_the_picture_itself() -> None:
    given = colors()
    assert blurred(given, 0.0) is given
