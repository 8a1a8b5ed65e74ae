from __future__ import annotations

import numpy as np
import pytest
import torch

from convscope.geometry.ahead import Spans
from convscope.geometry.walk import IMAGE
from convscope.net.base import Base
from convscope.net.full import activations
from convscope.net.net import Net
from convscope.net.windows import Place, extent, reach
from tests.net.zoo import LOCAL, SIZES, fill, glass, photograph


def based(name: str) -> tuple[Net, Base]:
    net = glass(fill(LOCAL[name]()), SIZES.get(name, (24, 29)))
    tape, image = net.tape(), photograph(net)
    found = activations(net, tape, image, range(len(tape.ops)))
    return net, Base(tape, {IMAGE: image} | found)


def place(rows: list[int], columns: list[int], height: int, width: int) -> Place:
    return Place(np.array(rows), np.array(columns), height, width)


@pytest.mark.parametrize("fill_value", [0.0, -np.inf, 2.5])
def test_windows_are_cut_from_what_stands_and_what_changed(fill_value: float) -> None:
    _, base = based("ceil_pools")
    asked = place([-2, 5, 20], [3, -4, 24], 8, 9)
    where = place([0, 7, 19], [2, 0, 20], 4, 6)
    changed = torch.arange(3 * 3 * 4 * 6, dtype=torch.float64).reshape(3, 3, 4, 6) + 100
    cut = base.cut(IMAGE, asked, changed, where, fill_value)
    for n in range(3):
        whole = torch.full((3, 60, 60), fill_value, dtype=torch.float64)
        whole[:, 10:34, 10:39] = base.results[IMAGE][0]
        y, x = where.rows[n] + 10, where.columns[n] + 10
        whole[:, y : y + 4, x : x + 6] = changed[n]
        y, x = asked.rows[n] + 10, asked.columns[n] + 10
        assert torch.equal(cut[n], whole[:, y : y + 8, x : x + 9])


def test_a_layout_with_channels_last_is_cut_in_its_own() -> None:
    net, base = based("convnext")
    number = next(op.number for op in net.tape().ops if op.axes == "nhwc")
    height, width = extent(net.tape(), number)
    channels = net.tape().ops[number].channels
    asked = place([0], [1], height, 3)
    changed = torch.full((1, 2, 2, channels), 7.0, dtype=torch.float64)
    cut = base.cut(number, asked, changed, place([1], [2], 2, 2), 0.0)
    expected = base.results[number][:, :, 1:4].clone()
    expected[:, 1:3, 1:3] = 7.0
    assert torch.equal(cut, expected)
    assert width >= 4


def test_sums_over_windows_come_from_one_table() -> None:
    net, base = based("ceil_pools")
    number = net.tape().layer("2").number
    where = place([0, 1, 2], [1, 0, 4], 3, 2)
    found = base.sums(number, where)
    for n, (y, x) in enumerate(zip(where.rows, where.columns, strict=True)):
        expected = base.results[number][0, :, y : y + 3, x : x + 2].sum((1, 2))
        torch.testing.assert_close(found[n], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["ceil_pools", "residual", "fires", "option_a", "odd_dilation"])
def test_windows_hold_every_cell_that_changes(name: str) -> None:
    net, base = based(name)
    tape, (height, width) = net.tape(), net.preprocessing.size
    last = len(tape.ops) - 1
    boxes = [(0, 0, 5, 4), (9, 11, 15, 18), (height - 3, width - 6, height, width)]
    rows, columns = (
        Spans(np.array([b[a] for b in boxes]), np.array([b[a + 2] for b in boxes])) for a in (0, 1)
    )
    plan = reach(tape, rows, columns, [last]).plan(np.arange(3))
    for n, (y0, x0, y1, x1) in enumerate(boxes):
        covered = base.results[IMAGE].clone()
        covered[:, :, y0:y1, x0:x1] += 1.7
        for number, result in activations(net, tape, covered, plan.order).items():
            moved = (result != base.results[number])[0].any(0).nonzero()
            spot = plan.places[number]
            top, left = int(spot.rows[n]), int(spot.columns[n])
            assert (moved[:, 0] >= top).all()
            assert (moved[:, 0] < top + spot.height).all()
            assert (moved[:, 1] >= left).all()
            assert (moved[:, 1] < left + spot.width).all()


def test_multiply_adds_are_those_of_the_windows() -> None:
    net, _ = based("ceil_pools")
    tape = net.tape()
    rows, columns = (Spans(np.array([8]), np.array([10])) for _ in range(2))
    reached = reach(tape, rows, columns, [tape.layer("0").number])
    plan = reached.plan(np.array([0]))
    first = plan.places[tape.layer("0").number]
    weights = 6 * 3 * 5 * 5
    assert plan.macs == weights * first.height * first.width
    height, width = extent(tape, tape.layer("0").number)
    assert reached.macs == weights * height * width
    assert plan.macs < reached.macs
