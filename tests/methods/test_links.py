"""Every probability is the network's own, whether it ends in a softmax or in sigmoids."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from convscope.images.image import Image
from convscope.methods.curves import curves
from convscope.methods.gradient import gradient
from convscope.methods.heatmap import heatmap
from convscope.methods.occlude import occlude
from convscope.methods.options.curves import CurvesOptions
from convscope.methods.options.gradient import GradientOptions
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.methods.options.occlude import OccludeOptions
from convscope.methods.subject import subject
from convscope.net.net import Net
from tests.methods.test_occlude import image_for
from tests.net.zoo import conv, fill, glass

GRID = OccludeOptions(occluder=12, stride=12, patches=0)


def made(count: int, end: nn.Module) -> tuple[Net, Image, np.ndarray]:
    """A network, an image, and what the bare network answers to it."""
    net = glass(
        fill(
            nn.Sequential(
                *(conv(3, 6), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
                *(nn.Linear(6, count), end),
            )
        )
    )
    image = image_for(net)
    with torch.no_grad():
        return net, image, net.module(net.one(image))[0].numpy()


ENDS = [(4, nn.Softmax(1)), (4, nn.Sigmoid()), (1, nn.Sigmoid())]


@pytest.mark.parametrize(("count", "end"), ENDS)
def test_probabilities_are_what_the_network_returns(count: int, end: nn.Module) -> None:
    net, image, own = made(count, end)
    number = count - 1
    target = f"class:{number}"
    swept = occlude(net, image, target, GRID)
    drawn = heatmap(net, image, target, HeatmapOptions(sanity=False))
    watched = curves(net, image, target, drawn, CurvesOptions(steps=3))
    found = subject(net, image, target)
    share = pytest.approx(own[number], rel=1e-9)
    assert swept.base_probability == share
    assert drawn.probability == share
    assert watched.deletion[0] == share
    assert {a.number: a.probability for a in found.answers}[number] == share
    assert np.ptp(swept.probabilities) > 0
    box, covered = swept.box(1, 1), image.array.copy()
    covered[:, box.y0 : box.y1, box.x0 : box.x1] = 0
    with torch.no_grad():
        other = net.module(net.batch([covered]))[0, number]
    assert swept.probabilities[1, 1] == pytest.approx(float(other), rel=1e-9)


def test_gradients_are_of_the_score_before_the_sigmoid() -> None:
    net, image, _ = made(4, nn.Sigmoid())
    found = gradient(net, image, "class:2", GradientOptions(sanity=False))
    given = net.one(image).requires_grad_()
    (slow,) = torch.autograd.grad(net.module[:5](given)[0, 2], given)  # type: ignore[index,operator]
    np.testing.assert_allclose(found.array, slow[0].numpy(), rtol=1e-5, atol=1e-8)
