from __future__ import annotations

import numpy as np
import pytest
import torch

from convscope.synthesis.code import Code
from tests.twins import inversion as twin


def test_loss_and_slope_are_the_slow_twins() -> None:
    drawn = np.random.default_rng(0)
    code, phi = drawn.normal(size=(4, 3, 2)), drawn.normal(size=(2, 4, 3, 2))
    objective = Code(3, torch.tensor(code), "relu1")
    reached = torch.tensor(phi, requires_grad=True)
    values = objective.values({3: reached})
    (slope,) = torch.autograd.grad(values.sum(), reached)
    for row in (0, 1):
        expected = twin.loss(phi[row], code)
        assert float(values.detach()[row]) == pytest.approx(1 - expected, rel=1e-12)
        assert float(objective.errors({3: reached.detach()})[row]) == pytest.approx(
            expected**0.5, rel=1e-12
        )
        assert np.allclose(slope[row].numpy(), -twin.loss_slope(phi[row], code), rtol=1e-12)


def test_the_twins_slope_is_a_finite_difference() -> None:
    drawn = np.random.default_rng(1)
    code, phi = drawn.normal(size=(2, 3)), drawn.normal(size=(2, 3))
    expected = twin.loss_slope(phi, code)
    for place in np.ndindex(phi.shape):
        step = np.zeros_like(phi)
        step[place] = 1e-6
        found = (twin.loss(phi + step, code) - twin.loss(phi - step, code)) / 2e-6
        assert found == pytest.approx(expected[place], rel=1e-6)


def test_the_code_itself_and_none_at_all() -> None:
    code = torch.tensor([[[3.0]], [[4.0]]])
    reached = {0: torch.stack([code, 0 * code, -code])}
    objective = Code(0, code, "relu1")
    assert objective.values(reached).tolist() == [1, 0, -3]
    assert objective.errors(reached).tolist() == [0, 1, 2]
    assert (objective.numbers, str(objective)) == ((0,), "relu1")


def test_codes_of_half_precision_do_not_overflow() -> None:
    code = Code(0, torch.zeros(1, 1, 1, dtype=torch.float16) + 300, "relu1")
    reached = {0: torch.full((1, 1, 1, 1), -300.0, dtype=torch.float16)}  # 600 ** 2 is beyond 65504
    assert code.errors(reached).tolist() == [2.0]
