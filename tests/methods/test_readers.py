"""What a sweep reads of the windows it is shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from convscope.errors import TraceError
from convscope.methods.grid import grid
from convscope.methods.occlude import occlude
from convscope.methods.options.occlude import OccludeOptions
from convscope.methods.readers import Column, read_cell
from convscope.net.base import Base
from convscope.net.full import activations
from convscope.net.incremental import Patch
from convscope.net.net import Net
from convscope.net.target import find_target
from convscope.net.windows import Place
from tests.methods.test_occlude import SMALL, image_for
from tests.net.zoo import LOCAL, conv, fill, glass
from tests.twins.occlusion import occlude_one_by_one

FINE = replace(SMALL, stride=3, stride_x=4)


def scored(body: nn.Module, channels: int) -> Net:
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 5))
    return glass(fill(nn.Sequential(body, *head)), (48, 53))


@pytest.mark.parametrize("name", ["ceil_pools", "residual", "fires"])
@pytest.mark.parametrize("method", ["incremental", "whole"])
@pytest.mark.parametrize("terms", ["3", "0-2*1+0.5*3"])
def test_a_units_cell_is_that_of_a_whole_forward(name: str, method: str, terms: str) -> None:
    channels = {"ceil_pools": 4, "residual": 6, "fires": 8}[name]
    net = scored(LOCAL[name](), channels)
    image, options = image_for(net), replace(FINE, method=method)  # type: ignore[arg-type]
    layer = [one for one in net.tape().layers if one.is_spatial][-2]
    assert layer.height > 3  # several rows, of which one is the cell's
    target = f"{layer.name}:{terms}"
    found = occlude(net, image, target, options)
    slow = occlude_one_by_one(net, image, target, options, found.unit)["values"]
    assert np.ptp(slow) > 0
    np.testing.assert_allclose(found.values.reshape(-1), slow, atol=1e-12)


def test_where_the_field_is_not_touched_nothing_that_was_computed_is_read() -> None:
    net = glass(fill(LOCAL["ceil_pools"]()), (48, 53))
    target = find_target(net, "5:3@2,2")
    number, boxes = target.layer.number, grid(FINE, 48, 53).boxes
    image = net.one(image_for(net))
    tape = net.tape()
    results = activations(net, tape, image, [number])
    column = Column(np.zeros(len(boxes)), np.zeros(()))
    see = read_cell(target, boxes, column)(Base(tape, {-1: image} | results))
    whole = results[number].expand(len(boxes), -1, -1, -1) + 1  # what rounding could do
    nothing = np.zeros(len(boxes), np.int64)
    see(Patch(whole, Place(nothing, nothing, *whole.shape[2:])), np.arange(len(boxes)))
    (y0, y1), (x0, x1) = (tape.graph(axis).walk(number, (2, 3))[-1] for axis in (0, 1))
    apart = (boxes[:, 0] >= y1) | (boxes[:, 2] <= y0) | (boxes[:, 1] >= x1) | (boxes[:, 3] <= x0)
    assert 0 < apart.sum() < len(apart)
    assert (column.values[apart] == column.base).all()
    assert (column.values[~apart] == column.base + 1).all()


def test_probabilities_are_of_the_class_asked_for_not_of_the_answer() -> None:
    net = scored(LOCAL["fires"](), 8)
    image = image_for(net)
    with torch.no_grad():
        shares = net.module(net.one(image))[0].softmax(0).numpy()
    for number in range(5):
        options = OccludeOptions(occluder=24, stride=30, patches=0)
        found = occlude(net, image, f"class:{number}", options)
        assert found.base_probability == pytest.approx(shares[number], rel=1e-9)
        raised = np.exp(found.scores)
        np.testing.assert_allclose(
            found.probabilities, raised[..., number] / raised.sum(-1), rtol=1e-9
        )


PADS = {
    "max pools of signed maps": lambda: nn.Sequential(
        *(conv(3, 4, padding=1), nn.MaxPool2d(3, 2, 1), conv(4, 4), nn.BatchNorm2d(4)),
        nn.MaxPool2d((2, 3), 2, (1, 1), ceil_mode=True),
    ),
    "borders of another value": lambda: nn.Sequential(
        *(nn.ConstantPad2d((2, 1, 0, 3), 0.7), conv(3, 4), nn.ReLU()),
        *(nn.ConstantPad2d(1, -1.5), nn.MaxPool2d(3, 2), conv(4, 4)),
    ),
}


@pytest.mark.parametrize("name", PADS)
def test_what_lies_outside_a_map_is_what_the_op_puts_there(name: str) -> None:
    net = scored(PADS[name](), 4)
    image = image_for(net)
    image = replace(image, array=image.array - 2)  # signed maps that are mostly below zero
    options = replace(SMALL, method="incremental")
    found = occlude(net, image, "class:2", options)
    slow = occlude_one_by_one(net, image, "class:2", options, found.unit)
    for key, values in slow.items():
        given = getattr(found, key).reshape(values.shape)
        assert np.abs(given - values).max() <= 1e-9 * np.abs(values).max(), key


def test_what_differs_from_a_whole_forward_is_computed_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from convscope.net import incremental

    net = scored(LOCAL["ceil_pools"](), 4)
    image = image_for(net)
    right = incremental._SLIDING["max_pool"]
    monkeypatch.setitem(incremental._SLIDING, "max_pool", lambda run: right(run) * (1 + 1e-7))
    found = occlude(net, image, "class:2", SMALL)
    assert found.exact.startswith("Whole forwards")
    assert "Incremental inference differs from a whole forward by" in found.exact
    slow = occlude_one_by_one(net, image, "class:2", SMALL, found.unit)
    np.testing.assert_allclose(found.scores.reshape(-1, 5), slow["scores"], rtol=1e-12)
    with pytest.raises(TraceError, match="differs from a whole forward"):
        occlude(net, image, "class:2", replace(SMALL, method="incremental"))


def test_skipped_positions_take_the_values_of_the_nearest_that_was_computed() -> None:
    net = scored(LOCAL["fires"](), 8)
    found = occlude(net, image_for(net), "class:1", replace(SMALL, stride=4, stride_x=4, coarse=3))
    height, width = found.computed.shape
    ys, xs = (np.unique([*range(0, n, 3), n - 1]) for n in (height, width))
    skipped = np.argwhere(~found.computed)
    assert len(skipped)
    for y, x in skipped:
        near = min((max(abs(y - j), abs(x - i)), j, i) for j in ys for i in xs)[1:]
        assert (found.scores[y, x] == found.scores[near]).all()
