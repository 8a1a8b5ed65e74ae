from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from convscope.methods.log_odds import log_odds
from convscope.results.shares import Link, shares


def drawn(rows: int = 5, classes: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return 3 * torch.randn(rows, classes, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("link", ["softmax", "sigmoid"])
def test_it_is_the_logarithm_of_the_odds(link: Link) -> None:
    scores = drawn()
    for number in range(4):
        p = shares(scores.numpy(), link)[:, number]
        found = log_odds(scores, number, link).numpy()
        assert np.allclose(found, np.log(p / (1 - p)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("number", range(4))
def test_its_slope_is_that_of_the_cross_entropy_but_for_a_factor(number: int) -> None:
    scores = drawn(1).requires_grad_()
    (mine,) = torch.autograd.grad(log_odds(scores, number, "softmax").sum(), scores)
    loss = nn.functional.cross_entropy(scores, torch.tensor([number]))
    (theirs,) = torch.autograd.grad(loss, scores)
    p = shares(scores.detach().numpy(), "softmax")[0, number]
    assert torch.allclose(theirs, -(1 - p) * mine, rtol=1e-12, atol=0)


def test_where_float32_is_sure_the_slope_of_the_class_is_left() -> None:
    scores = torch.tensor([[40.0, 1.0, 2.0]], requires_grad=True)
    loss = nn.functional.cross_entropy(scores, torch.tensor([0]))
    (lost,) = torch.autograd.grad(loss, scores)
    assert lost[0, 0] == 0
    (kept,) = torch.autograd.grad(log_odds(scores, 0, "softmax").sum(), scores)
    assert kept[0, 0] == 1
    assert kept[0, 1:].sum() == pytest.approx(-1)
