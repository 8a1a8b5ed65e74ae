from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch

from convscope.training.options import TrainOptions
from convscope.training.rate import drops, rate_at


def dropped_by_hand(errors: list[float], patience: int) -> int:
    """Zeiler & Fergus by hand: look back from each epoch to the lowest error or the last drop."""
    count, last = 0, -1
    for now in range(len(errors)):
        lowest = errors.index(min(errors[: now + 1]))
        if now - max(lowest, last) >= patience:
            count, last = count + 1, now
    return count


@pytest.mark.parametrize("patience", [1, 2, 3, 5])
def test_drops_are_those_counted_by_hand(patience: int) -> None:
    rng = np.random.default_rng(patience)
    for _ in range(200):
        errors = rng.integers(0, 8, rng.integers(0, 25)).tolist()
        assert drops(errors, patience) == dropped_by_hand(errors, patience)


def test_no_drop_while_the_error_falls() -> None:
    assert drops([1 - 0.001 * k for k in range(100)], 1) == 0


@pytest.mark.parametrize("total", [10, 37, 500])
def test_onecycle_is_that_of_torch(total: int) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    twin = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.3, total_steps=total, cycle_momentum=False
    )
    options = TrainOptions(schedule="onecycle", rate=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its step comes without the optimizer's
        for step in range(total):
            assert rate_at(step, total, [], options) == pytest.approx(twin.get_last_lr()[0], 1e-9)
            if step < total - 1:
                twin.step()


def test_one_step_is_a_cycle() -> None:
    options = TrainOptions(schedule="onecycle", rate=1.0)
    assert all(0 < rate_at(k, n, [], options) <= 1 for n in (1, 2, 3, 4) for k in range(n))


def test_a_cosine_falls_to_nothing_and_warms_up() -> None:
    options = TrainOptions(schedule="cosine", rate=2.0, warmup=4)
    found = [rate_at(step, 8, [], options) for step in range(8)]
    twin = [(1 + math.cos(math.pi * k / 8)) * min(1, (k + 1) / 4) for k in range(8)]
    assert found == pytest.approx(twin)


def test_a_constant_stays() -> None:
    options = TrainOptions(schedule="constant", rate=0.5)
    assert {rate_at(step, 9, [0.5] * 50, options) for step in range(9)} == {0.5}
