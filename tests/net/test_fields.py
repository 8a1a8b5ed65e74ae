"""Receptive fields against poison: which cells turn NaN when one row or column is NaN."""

from __future__ import annotations

import pytest
from torch import Tensor

from convscope.geometry.walk import IMAGE
from convscope.net.tape import Tape
from tests.net.oracles import support
from tests.net.zoo import LOCAL, local


def _interval(seen: Tensor) -> tuple[int, int] | None:
    pixels = seen.nonzero().flatten().tolist()
    return (pixels[0], pixels[-1] + 1) if pixels else None


def _wrong(tape: Tape, number: int, axis: int, seen: Tensor, exact: bool) -> list[object]:
    field = tape.layer(number).field
    affine = (field.y, field.x)[axis]
    found: list[object] = []
    for cell, row in enumerate(seen):
        truth = _interval(row)
        walked = tape.graph(axis).walk(number, (cell, cell + 1)).get(IMAGE)
        low, high = affine.interval(cell)
        inside = truth is None or (walked and walked[0] <= truth[0] and truth[1] <= walked[1])
        framed = truth is None or (low <= truth[0] and truth[1] <= high)
        if not inside or not framed or (exact and walked != truth):
            found.append((cell, "truth", truth, "walk", walked, "frame", (low, high)))
    return found


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("axis", [0, 1])
def test_every_layers_field_is_what_poison_finds(name: str, axis: int) -> None:
    net = local(name)
    tape = net.tape()
    poisoned = support(net, tape, axis)
    for layer in tape.layers:
        assert layer.field.status != "GLOBAL", (layer.name, layer.field.cause)
        exact = layer.field.status == "EXACT"
        assert not _wrong(tape, layer.number, axis, poisoned[layer.number], exact), layer
