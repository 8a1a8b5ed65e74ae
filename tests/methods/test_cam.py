"""Each formula against its slow twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from convscope.methods.cam import FORMULAS, cam, fastai
from convscope.methods.enlarge import enlarged
from tests.twins import cam as slow

TWINS = {
    "gradcam": slow.gradcam,
    "gradcam++": slow.gradcam_plus_plus,
    "hirescam": slow.hirescam,
    "layercam": slow.layercam,
    "guided_gradcam": slow.gradcam,
}


def drawn(seed: int, *, rectified: bool = False) -> tuple[Any, Any]:
    random = np.random.default_rng(seed)
    activation, gradient = random.standard_normal((2, 5, 4, 6))
    gradient[2] = 0  # a channel the class does not use
    gradient[0, 1] = 0
    return (activation.clip(0) if rectified else activation), gradient


@pytest.mark.parametrize("kind", TWINS)
@pytest.mark.parametrize("rectified", [True, False])
def test_it_is_its_papers_formula(kind: str, rectified: bool) -> None:
    activation, gradient = drawn(7, rectified=rectified)
    found = FORMULAS[kind](torch.from_numpy(activation)[None], torch.from_numpy(gradient)[None])
    expected = TWINS[kind](activation, gradient)
    assert np.abs(expected).max() > 0.1
    assert np.allclose(found.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_every_kind_with_a_formula_has_a_twin() -> None:
    assert set(TWINS) | {"cam"} == set(FORMULAS)


def test_no_gradient_gives_no_map() -> None:
    activation = torch.from_numpy(drawn(1)[0])[None]
    for formula in FORMULAS.values():
        assert not formula(activation, torch.zeros_like(activation)).any()


def test_cam_weighs_maps_by_the_weights_behind_the_mean() -> None:
    activation, _ = drawn(2)
    weights = np.random.default_rng(3).standard_normal(5)
    leaf = torch.from_numpy(activation)[None].requires_grad_()
    score = leaf.mean((2, 3)) @ torch.from_numpy(weights)
    (gradient,) = torch.autograd.grad(score.sum(), leaf)
    found = cam(leaf.detach(), gradient).numpy()
    assert np.allclose(found, slow.cam(activation, weights), rtol=1e-12, atol=1e-12)


def test_fastai_mixes_classes_and_scales_from_its_least_to_its_most() -> None:
    activation, _ = drawn(4)
    shares = np.random.default_rng(5).dirichlet(np.ones(5))
    found = fastai(torch.from_numpy(activation)[None], torch.from_numpy(shares)[None]).numpy()
    assert np.allclose(found, slow.fastai(activation, shares), rtol=1e-12, atol=1e-12)
    assert (found.min(), found.max()) == (0, 1)
    assert not fastai(torch.ones(1, 5, 3, 3), torch.ones(1, 5)).any()


@pytest.mark.parametrize("size", [(8, 12), (9, 17), (4, 6), (3, 5)])
def test_enlarging_is_bilinear_between_centers(size: tuple[int, int]) -> None:
    cells = drawn(6)[0][0]
    found = enlarged(cells, size)
    assert np.allclose(found, slow.enlarged(cells, size), rtol=1e-12, atol=1e-12)
