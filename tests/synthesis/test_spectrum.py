from __future__ import annotations

import math

import pytest
import torch

from convscope.synthesis.spectrum import odd, symmetric

SIZES = [(8, 8), (9, 8), (8, 9), (7, 5), (2, 2), (1, 4), (4, 1)]


def noise(size: tuple[int, int], seed: int = 0) -> torch.Tensor:
    drawn = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, size[0], size[1] // 2 + 1, generator=drawn, dtype=torch.float64)


@pytest.mark.parametrize("size", SIZES)
def test_a_symmetric_spectrum_is_that_of_its_image(size: tuple[int, int]) -> None:
    rough = torch.complex(noise(size), noise(size, 1))
    found = symmetric(rough, size[1])
    image = torch.fft.irfft2(found, s=size)
    assert (torch.fft.rfft2(image) - found).abs().max() < 1e-12
    assert (image - torch.fft.irfft2(rough, s=size)).abs().max() < 1e-12  # as CPUs read it


@pytest.mark.parametrize("size", SIZES)
def test_odd_phases_keep_every_magnitude(size: tuple[int, int]) -> None:
    magnitude = torch.ones_like(noise(size))
    phases = 2 * math.pi * noise(size)
    image = torch.fft.irfft2(torch.polar(magnitude, odd(phases, size[1])), s=size)
    assert (torch.fft.rfft2(image).abs() - 1).abs().max() < 1e-12


def test_phases_that_are_free_stay() -> None:
    phases = noise((6, 8))
    found = odd(phases, 8)
    assert (found[..., 1:4] == phases[..., 1:4]).all()
    assert (found[..., 1:3, 0] == phases[..., 1:3, 0]).all()
