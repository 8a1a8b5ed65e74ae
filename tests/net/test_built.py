from __future__ import annotations

import pytest
import torch

from convscope.net.built import seeded, settings_of
from convscope.preprocess import Preprocessing, resolve


def test_random_weights_are_the_same_and_the_callers_state_is_kept() -> None:
    before = torch.get_rng_state()
    with seeded():
        first = torch.rand(3)
    with seeded():
        second = torch.rand(3)
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("resize", [None, 5, 10])
def test_a_preprocessing_comes_back_from_its_settings(resize: int | None) -> None:
    given = Preprocessing((4, 6), resize, "lanczos", (0.1,) * 4, (0.5,) * 4)
    assert resolve(pretrained=settings_of(given)) == given
