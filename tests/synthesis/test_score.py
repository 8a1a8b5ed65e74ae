from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from convscope.synthesis.objective import Channels, Direction, Energy
from convscope.synthesis.score import disturbed, rounded, shifted, strongest


def colors(size: tuple[int, int] = (12, 15)) -> torch.Tensor:
    drawn = torch.Generator().manual_seed(0)
    return torch.rand(2, 3, *size, generator=drawn, dtype=torch.float64) * 1.2 - 0.1


def test_rounded_colors_are_what_bytes_hold() -> None:
    found = rounded(colors()).numpy()
    assert np.abs(found * 255 - np.rint(np.clip(colors().numpy(), 0, 1) * 255)).max() < 1e-9


def test_a_shift_repeats_the_first_rows_and_columns() -> None:
    given = colors().numpy()
    found = shifted(torch.from_numpy(given), 3).numpy()
    expected = np.pad(given, [(0, 0), (0, 0), (3, 0), (3, 0)], mode="edge")[:, :, :12, :15]
    assert (found == expected).all()


@pytest.mark.parametrize(
    ("side", "pixels", "sigma"), [(227, 3, 1.0), (32, 1, 0.5), (28, 1, 0.5), (454, 6, 2.0)]
)
def test_disturbed_pictures_are_shifted_blurred_and_rounded(
    side: int, pixels: int, sigma: float
) -> None:
    """By what the issue asks: 3 px and sigma 1 at 227, 1 px and half a pixel at 32."""
    given = rounded(colors())
    moved = np.pad(given.numpy(), [(0, 0), (0, 0), (pixels, 0), (pixels, 0)], mode="edge")
    moved = moved[:, :, :12, :15]
    soft = [[gaussian_filter(plane, sigma) for plane in row] for row in moved]
    expected = np.rint(np.array(soft) * 255) / 255
    assert np.abs(disturbed(given, side).numpy() - expected).max() < 1e-9


def test_the_strongest_cell_is_that_of_each_row_s_unit() -> None:
    drawn = torch.Generator().manual_seed(1)
    planes = torch.randn(3, 5, 4, 6, generator=drawn, dtype=torch.float64)
    reached, maps = {7: planes}, planes.numpy()
    channels = Channels(7, (4, 0, 2), "mean", "x")  # where it is climbed does not matter
    found = strongest(reached, channels).tolist()
    assert found == [maps[0, 4].max(), maps[1, 0].max(), maps[2, 2].max()]
    direction = Direction(7, ((1, 1.0), (3, -2.0)), "center", "x")
    expected = (maps[:, 1] - 2 * maps[:, 3]).max((1, 2))
    assert np.abs(strongest(reached, direction).numpy() - expected).max() < 1e-12
    energy = Energy(7, "layer")
    assert torch.equal(strongest(reached, energy), energy.values(reached))
