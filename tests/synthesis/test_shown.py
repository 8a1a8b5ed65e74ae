from __future__ import annotations

import numpy as np
import pytest
import torch

from convscope.synthesis.presets import preset
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.shown import colors_of, pictures, standardized
from tests.twins.ascent import deprocessed, norm01c


def colors(seed: int = 0, channels: int = 3) -> torch.Tensor:
    drawn = torch.Generator().manual_seed(seed)
    return torch.randn(4, channels, 17, 12, generator=drawn, dtype=torch.float64) * 0.3 + 0.4


def test_colors_are_rounded_to_the_nearest_byte() -> None:
    given = torch.tensor([-0.2, 0.0, 0.4999 / 255, 0.5001 / 255, 254.6 / 255, 1.3])
    shown = pictures(given.view(1, 1, 2, 3), Recipe())
    assert shown.shape == (1, 2, 3, 1)
    assert shown.flatten().tolist() == [0, 0, 0, 1, 255, 255]


def test_8_bit_pictures_are_their_own_pictures() -> None:
    every = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    for dtype in (torch.float32, torch.float64):
        again = pictures(colors_of(every, torch.empty(0, dtype=dtype)), Recipe())
        assert (again == every).all()


def test_standardized_pictures_have_mean_127_and_a_half_and_deviation_25_and_a_half() -> None:
    rows = 255 * standardized(colors()).flatten(1)
    assert (rows.mean(1) - 127.5).abs().max() < 1
    assert (rows.mean(1) - 127.5).abs().max() < 1e-9
    assert (rows.std(1, correction=0) - 25.5).abs().max() < 1e-4


@pytest.mark.parametrize("channels", [1, 3])
def test_standardized_is_what_the_blog_does_picture_by_picture(channels: int) -> None:
    given = colors(3, channels)
    shown = pictures(given, preset("keras-blog"))
    for one, planes in zip(shown, given.numpy(), strict=True):
        assert (one == deprocessed(255 * planes.transpose(1, 2, 0))).all()


def test_a_flat_picture_is_shown_as_middle_grey() -> None:
    flat = torch.full((1, 3, 4, 4), 0.3)
    assert set(pictures(flat, preset("keras-blog")).flatten().tolist()) == {127}
    mean = np.full(3, 0.3, np.float32).astype(np.float64)
    assert set(pictures(flat, preset("yosinski-3"), mean).flatten().tolist()) == {128}


@pytest.mark.parametrize("channels", [1, 3])
def test_centered_is_what_yosinski_s_program_saves(channels: int) -> None:
    given, mean = colors(4, channels), np.linspace(0.4, 0.6, channels)
    shown = pictures(given, preset("yosinski-1"), mean)
    for one, planes in zip(shown, given.numpy().transpose(0, 2, 3, 1), strict=True):
        expected = norm01c(255 * (planes - mean), 0)
        assert (one == np.rint(255 * expected)).all()
        assert one.min() == 0 or one.max() == 255
