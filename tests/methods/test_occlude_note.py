from __future__ import annotations

import dataclasses

import numpy as np
import torch
from torch import Tensor, nn

from convscope.methods.occlude import occlude
from convscope.methods.occlude_note import size_note
from convscope.methods.options.occlude import OccludeOptions
from tests.methods.test_occlude import image_for
from tests.net.zoo import Forward, conv, fill, glass

GRID = OccludeOptions(occluder=12, stride=12, patches=0)


def plain() -> nn.Module:
    return nn.Sequential(
        conv(3, 6), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)
    )


def test_where_no_mean_is_subtracted_the_squares_are_said_to_be_black() -> None:
    net = glass(fill(plain()))
    image = image_for(net)
    found = occlude(net, image, "class:1", GRID)
    assert "subtracts no mean, so the squares are black" in found.note
    box = found.box(0, 0).clip(24, 29)
    assert not found.covered[box.y0 : box.y1, box.x0 : box.x1].any()
    other = occlude(net, image, "class:1", dataclasses.replace(GRID, fill="blur"))
    assert "black" not in other.note
    net.preprocessing = dataclasses.replace(net.preprocessing, mean=(0.4, 0.5, 0.6))
    assert "black" not in occlude(net, image, "class:1", GRID).note


def test_the_square_is_shown_where_it_lowers_the_target_most() -> None:
    net = glass(fill(plain()))
    net.preprocessing = dataclasses.replace(net.preprocessing, mean=(0.4, 0.5, 0.6))
    found = occlude(net, image_for(net), "class:1", GRID)
    row, column = np.unravel_index(int(found.values.argmin()), found.values.shape)
    box = found.box(int(row), int(column)).clip(24, 29)
    painted = (found.covered != found.shown).all(-1)
    assert painted.sum() == box.height * box.width
    assert painted[box.y0 : box.y1, box.x0 : box.x1].all()
    assert (found.covered[box.y0, box.x0] == np.round(255 * np.array([0.4, 0.5, 0.6]))).all()


def test_a_network_that_cannot_be_projected_can_still_be_covered() -> None:
    def forward(self: Forward, x: Tensor) -> Tensor:
        x = torch.relu(self.one(x / x.std((1, 2, 3), keepdim=True)))
        head: Tensor = self.head(x.mean((2, 3)))
        return head

    net = glass(fill(Forward(forward, one=conv(3, 6), head=nn.Linear(6, 4))))
    image = image_for(net)
    found = occlude(net, image, "class:1", GRID)
    assert f"{found.unit} is not projected: " in found.note
    assert not found.projection.any()
    box, covered = found.box(1, 0).clip(24, 29), image.array.copy()
    covered[:, box.y0 : box.y1, box.x0 : box.x1] = 0
    with torch.no_grad():
        scores = net.module(net.batch([covered]))[0].numpy()
    np.testing.assert_allclose(found.scores[1, 0], scores, rtol=1e-9)


def test_a_square_that_hides_most_of_the_image_is_said() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU())), (32, 32))
    said = size_note(net, OccludeOptions(occluder=32))
    assert "32 x 32 px is more than a third of the image's 32 x 32" in said
    assert "(4 px)" in said
    assert size_note(net, OccludeOptions(occluder=10)) == ""
