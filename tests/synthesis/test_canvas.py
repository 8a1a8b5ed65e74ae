from __future__ import annotations

from math import ceil

import pytest
import torch
from torch import Tensor, nn

from convscope.errors import UsageError
from convscope.geometry.walk import IMAGE
from convscope.net.full import activations
from convscope.net.net import Net
from convscope.net.tape import Tape
from convscope.results.layer import Layer
from convscope.synthesis.canvas import canvas, field_size, needed_size
from convscope.synthesis.recipe import Recipe
from tests.net.zoo import LOCAL, Forward, conv, fill, glass, photograph

OWN = (96, 112)
STILL = Recipe(jitter=0.0)


def sees(tape: Tape, number: int, cell: tuple[int, int]) -> list[tuple[int, int]]:
    """What a cell sees, (start, end) by axis."""
    graphs = [tape.graph(axis) for axis in (0, 1)]
    return [
        graph.walk(number, (at, at + 1), clip=False)[IMAGE]
        for graph, at in zip(graphs, cell, strict=True)
    ]


def middle(tape: Tape, number: int) -> tuple[int, int]:
    y, x = (tape.graph(axis).lengths[number] // 2 for axis in (0, 1))
    return y, x


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("jitter", [0.0, 0.04])
def test_the_canvas_holds_what_the_middle_cell_sees(name: str, jitter: float) -> None:
    net = glass(fill(LOCAL[name]()), OWN)
    for layer in net.tape().default_layers:
        size = canvas(net, layer, Recipe(jitter=jitter))
        assert all(a <= b for a, b in zip(size, OWN, strict=True))
        tape = net.tape() if size == OWN else net.tape(size, until=layer.number)
        boxes = sees(tape, layer.number, middle(tape, layer.number))
        for (start, end), length, own in zip(boxes, size, OWN, strict=True):
            assert length == own or 0 <= start < end <= length, (layer.name, size)


@pytest.mark.parametrize("name", ["fires", "ceil_pools", "residual", "blur_pools", "unet_nearest"])
def test_a_unit_has_the_same_value_on_its_canvas_as_on_an_image_around_it(name: str) -> None:
    net = glass(fill(LOCAL[name]()), OWN)
    tape, image, compared = net.tape(), photograph(net), 0
    for layer in tape.default_layers:
        size = canvas(net, layer, STILL)
        if size == OWN:
            continue
        small = net.tape(size, until=layer.number)
        cell = middle(small, layer.number)
        (y, x), far = _around(tape, layer, size, cell)
        crop = image[:, :, y : y + size[0], x : x + size[1]]
        alone = _value(net, small, crop, layer, cell)
        assert (alone - _value(net, tape, image, layer, far)).abs().max() < 1e-10, layer.name
        compared += 1
    assert compared > 0


def _around(
    tape: Tape, layer: Layer, size: tuple[int, int], cell: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a canvas lies in the middle of the image, in whole strides, and its cell there."""
    offsets, cells = [], []
    for axis in (0, 1):
        graph = tape.graph(axis)
        period, stride = graph.period(layer.number), graph.strides(layer.number)[layer.number]
        offsets.append((OWN[axis] - size[axis]) // 2 // period * period)
        cells.append(cell[axis] + int(offsets[-1] / stride))
    return (offsets[0], offsets[1]), (cells[0], cells[1])


def _value(net: Net, tape: Tape, image: Tensor, layer: Layer, cell: tuple[int, int]) -> Tensor:
    found = activations(net, tape, image, [layer.number])[layer.number]
    return found[0, :, cell[0], cell[1]]


def test_jitter_needs_room_on_both_sides_and_strides_are_kept_whole() -> None:
    net = glass(fill(LOCAL["fires"]()), OWN)
    layer = net.tape().layer("5.expand3x3_activation")
    field = layer.field.y.size
    still, shaken = (needed_size(net, layer, Recipe(jitter=j)) for j in (0.0, 0.04))
    room = 2 * ceil(0.04 * 96)
    for axis, (small, large) in enumerate(zip(still, shaken, strict=True)):
        stride = int(net.tape().graph(axis).period(layer.number))
        assert field <= small < field + stride
        assert field + room <= large < field + room + stride
        assert (OWN[axis] - small) % stride == (OWN[axis] - large) % stride == 0


def classifier(size: tuple[int, int] = (32, 36)) -> nn.Module:
    cells = (size[0] // 4) * (size[1] // 4)
    return nn.Sequential(
        *(conv(3, 4, padding=1), nn.ReLU(), nn.MaxPool2d(4), conv(4, 4, padding=1), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(4 * cells, 5)),
    )


def pooled() -> nn.Module:
    return nn.Sequential(
        *(conv(3, 4, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
    )


def test_a_layer_that_sees_everything_has_the_network_s_own_canvas() -> None:
    for module in (classifier(), pooled()):
        net = glass(fill(module), (32, 36))
        last = net.tape().layers[-1]
        assert canvas(net, last, Recipe()) == (32, 36)
        assert field_size(net, last) == (32, 36)


def test_a_network_that_takes_any_size_takes_the_size_given() -> None:
    net = glass(fill(pooled()), (32, 36))
    assert canvas(net, net.tape().layers[-1], Recipe(size=24)) == (24, 24)


def test_a_network_that_takes_only_its_own_size_refuses_another() -> None:
    net = glass(fill(classifier()), (32, 36))
    with pytest.raises(UsageError, match=r"cannot be drawn on a canvas of 24 px"):
        canvas(net, net.tape().layers[-1], Recipe(size=24))


def test_its_shallow_layers_still_have_canvases_of_their_own() -> None:
    net = glass(fill(classifier()), (32, 36))
    assert canvas(net, net.tape().layer("1"), STILL) == (3, 3)


def test_a_canvas_that_is_far_too_small_is_refused() -> None:
    net = glass(fill(LOCAL["fires"]()), OWN)
    layer = net.tape().layer("5.expand3x3_activation")
    said = rf"A canvas of 16 px is smaller than {layer.name} needs: a cell of it sees 43 by 43 px"
    with pytest.raises(UsageError, match=said):
        canvas(net, layer, Recipe(size=16))
    assert canvas(net, layer, Recipe(size=43, jitter=0.0))[0] <= 43 + 8


def test_no_more_is_drawn_than_is_seen() -> None:
    """A size given for a shallow layer would be drawn for nothing beyond its field."""
    net = glass(fill(LOCAL["fires"]()), OWN)
    layer = net.tape().layer("1")
    assert canvas(net, layer, Recipe(size=90, jitter=0.0)) == canvas(net, layer, STILL)
    assert canvas(net, layer, Recipe(size=90, is_whole=True)) == (90, 90)


def test_where_a_smaller_input_is_another_program_the_own_size_is_taken() -> None:
    def forward(self: Forward, x: Tensor) -> Tensor:
        y = torch.relu(self.one(x))
        if x.shape[2] < 30:
            y = torch.tanh(y)
        shown: Tensor = torch.relu(self.two(y))
        return shown

    net = glass(fill(Forward(forward, one=conv(3, 4), two=conv(4, 4))), (32, 36))
    last = net.tape().layers[-1]
    assert canvas(net, last, Recipe()) == (32, 36)
    with pytest.raises(UsageError, match="does something else"):
        canvas(net, last, Recipe(size=20))


def test_a_canvas_ends_in_the_phase_of_the_input() -> None:
    """Of whole strides less than the input, so that pools cut off at its end what they cut there.

    Where the input is no whole number of strides itself, that is not a whole number either.
    """
    layers = (conv(3, 4, padding=1, stride=2), nn.ReLU(), conv(4, 4, padding=1, stride=2))
    net = glass(fill(nn.Sequential(*layers)), (63, 61))
    found = needed_size(net, net.tape().layer("2"), STILL)
    assert found[0] < 63
    assert [(own - size) % 4 for own, size in zip((63, 61), found, strict=True)] == [0, 0]
