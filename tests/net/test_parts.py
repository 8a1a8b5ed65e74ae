from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.net.parts import parts, rectified_from
from tests.net.zoo import LOCAL, Forward, conv, fill, glass


def test_a_layer_is_its_own_part_unless_it_joins_or_repeats_others() -> None:
    tape = glass(fill(LOCAL["fires"]()), (24, 29)).tape()
    for op in tape.ops:
        names = [part.name for part in parts(tape, op.number)]
        if op.kind != "cat":
            assert names == [op.name]
        else:
            block = op.name.split("/")[0]
            assert names == [f"{block}.expand{k}_activation" for k in ("1x1", "3x3")]
        assert sum(part.channels for part in parts(tape, op.number)) == op.channels


def test_joins_along_space_or_with_the_image_are_one_part() -> None:
    def tall(s: nn.Module, x: Tensor) -> Tensor:
        y = F.relu(s.one(x))  # type: ignore[operator]
        return torch.cat([y, y], 2)

    def image(s: nn.Module, x: Tensor) -> Tensor:
        return torch.cat([s.one(x), x], 1)  # type: ignore[operator]

    for forward in (tall, image):
        tape = glass(fill(Forward(forward, one=conv(3, 4, padding=1))), (8, 9)).tape()
        last = tape.ops[-1]
        assert parts(tape, last.number) == (last,)


def test_a_branch_joined_twice_is_two_parts_and_dropout_none() -> None:
    def forward(s: nn.Module, x: Tensor) -> Tensor:
        y = F.relu(s.one(x))  # type: ignore[operator]
        return F.dropout(torch.cat([y, y], 1), 0.5, s.training)

    tape = glass(fill(Forward(forward, one=conv(3, 4))), (8, 9)).tape()
    assert [part.kind for part in parts(tape, tape.ops[-1].number)] == ["relu", "relu"]


def test_only_rectifiers_that_cut_off_have_something_before_them() -> None:
    module = nn.Sequential(conv(3, 4), nn.ReLU6(), nn.LeakyReLU(), nn.ReLU(inplace=True))
    tape = glass(fill(module), (8, 9)).tape()
    before = [rectified_from(tape, op) for op in tape.ops]
    assert [op and op.name for op in before] == [None, "0", None, "2"]
    image = glass(nn.Sequential(nn.ReLU(), conv(3, 2).double()).double(), (6, 6)).tape()
    assert rectified_from(image, image.ops[0]) is None
