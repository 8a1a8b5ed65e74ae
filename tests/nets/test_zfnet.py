"""Row 1.1: the paper's network is the paper's, to the last parameter and pixel."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import nn

from convscope.net.intake import load
from convscope.nets.named import build_named
from convscope.nets.zfnet import SIZE, ZFNet
from tests.nets import table
from tests.nets.table import LEFT_OUT, TABLE_3, ZFNET, ZFNET_FIELDS, ZFNET_SIDES


@cache
def _shapes() -> dict[str, tuple[int, ...]]:
    return table.sides(ZFNet().eval(), torch.zeros(1, 3, SIZE, SIZE))


def test_it_has_the_papers_number_of_parameters() -> None:
    assert table.parameters(ZFNET, 3, 6, [4096, 4096, 1000]) == 62_357_608
    with torch.device("meta"):
        assert sum(weights.numel() for weights in ZFNet().parameters()) == 62_357_608


# A1.1, last column
@pytest.mark.parametrize(
    ("layer", "count"),
    [
        *(("conv1", 14_208), ("conv2", 614_656), ("conv3", 885_120), ("conv4", 1_327_488)),
        *(("conv5", 884_992), ("fc6", 37_752_832), ("fc7", 16_781_312), ("fc8", 4_097_000)),
    ],
)
def test_each_layer_has_the_papers_number_of_parameters(layer: str, count: int) -> None:
    with torch.device("meta"):
        weights = ZFNet().get_submodule(layer).parameters()
    assert sum(tensor.numel() for tensor in weights) == count


@pytest.mark.parametrize(("row", "side"), list(zip(ZFNET, ZFNET_SIDES, strict=True)))
def test_each_layer_has_the_papers_size(row: table.Row, side: int) -> None:
    assert _shapes()[row[0]] == (row[4], side, side)


def test_linear_layers_take_9216_and_end_in_a_thousand_scores() -> None:
    assert [_shapes()[name] for name in ("fc6", "fc7", "fc8")] == [(4096,), (4096,), (1000,)]


def test_layers_are_in_the_papers_order() -> None:
    with torch.device("meta"):
        names = [name for name, _ in ZFNet().named_children()]
    assert " ".join(names) == (
        "conv1 relu1 pool1 norm1 conv2 relu2 pool2 norm2 conv3 relu3 conv4 relu4 conv5 relu5 pool5 "
        "fc6 relu6 drop6 fc7 relu7 drop7 fc8"
    )


@pytest.mark.parametrize("axis", [0, 1])
def test_fields_are_the_papers_and_what_poison_finds_and_what_the_tape_says(axis: int) -> None:
    tape = load("nets:zfnet,classes=3,fc=4", device="cpu").tape()
    for row, told, found in zip(ZFNET, ZFNET_FIELDS, table.seen(ZFNET, SIZE, axis), strict=True):
        layer = tape.layer(row[0]).field
        affine = (layer.y, layer.x)[axis]
        assert layer.status == "EXACT"
        assert (affine.size, affine.stride) == told, row
        if told[0] < SIZE / 2:  # wide enough a picture for cells that see no border
            assert table.field(found) == told, row
        for cell, pixels in enumerate(found):
            low, high = affine.interval(cell)
            assert table.interval(pixels) == (max(low, 0), min(high, SIZE)), (row, cell)


@pytest.mark.parametrize(
    "words", ["", *TABLE_3["zfnet"], *(f"without={layers}" for layers in LEFT_OUT)]
)
def test_every_variant_has_the_parameters_that_plain_counting_gives(words: str) -> None:
    with torch.device("meta"):
        net = build_named(f"zfnet,{words}".rstrip(","))
    rows, linear = table.variant(ZFNET, words)
    counted = table.parameters(rows, 3, 6, linear)
    assert sum(weights.numel() for weights in net.parameters()) == counted


@pytest.mark.parametrize("layers", [*LEFT_OUT, "3", "4", "6"])
def test_what_is_left_out_is_not_there_and_the_rest_runs(layers: str) -> None:
    net = build_named(f"zfnet,classes=3,fc=4,without={layers}").eval()
    shapes = table.sides(net, torch.zeros(1, 3, SIZE, SIZE))
    gone = {f"{kind}{n}" for n in layers.split("+") for kind in ("conv", "relu", "fc", "drop")}
    assert not gone & {name for name, _ in net.named_modules()}
    assert shapes["pool5"] == (256, 6, 6)
    assert shapes["fc8"] == (3,)


def test_dropout_is_off_in_eval_mode() -> None:
    net = build_named("zfnet,classes=3,fc=4").eval()
    image = torch.randn(1, 3, SIZE, SIZE)
    with torch.inference_mode():
        assert torch.equal(net(image), net(image))
    assert [m.p for m in net.modules() if isinstance(m, nn.Dropout)] == [0.5, 0.5]
