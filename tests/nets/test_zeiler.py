from __future__ import annotations

import pytest
import torch

from convscope.nets.zeiler import SIZE, ZeilerNet

# (name, shape after it) of one 72 px tile, worked by hand; pool1 and pool5 round up
SHAPES = {
    "conv1": (48, 34, 34),
    "pool1": (48, 17, 17),
    "norm1": (48, 17, 17),
    "conv2": (96, 13, 13),
    "pool2": (96, 6, 6),
    "norm2": (96, 6, 6),
    "conv3": (128, 6, 6),
    "conv4": (128, 6, 6),
    "conv5": (96, 6, 6),
    "pool5": (96, 3, 3),
    "fc6": (256,),
    "fc7": (18,),
}


@pytest.fixture(scope="module")
def shapes() -> dict[str, tuple[int, ...]]:
    net, seen = ZeilerNet(18).eval(), {}
    for name, module in net.named_children():
        module.register_forward_hook(
            lambda _m, _i, out, name=name: seen.update({name: tuple(out.shape[1:])})
        )
    with torch.inference_mode():
        net(torch.zeros(2, 3, SIZE, SIZE))
    return seen


@pytest.mark.parametrize("name", SHAPES)
def test_the_shape_after_each_layer(name: str, shapes: dict[str, tuple[int, ...]]) -> None:
    assert shapes[name] == SHAPES[name]


def test_it_has_at_most_a_million_parameters() -> None:
    assert sum(p.numel() for p in ZeilerNet(18).parameters()) == 717_458


def test_every_module_is_named_after_its_layer() -> None:
    names = [name for name, _ in ZeilerNet(2).named_children()]
    assert names[:4] == ["conv1", "relu1", "pool1", "norm1"]
    assert names[-4:] == ["fc6", "relu6", "drop6", "fc7"]
