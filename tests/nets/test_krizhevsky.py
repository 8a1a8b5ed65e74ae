"""The network of the paper's comparison: its sizes, fields and the variants of Table 3."""

from __future__ import annotations

import pytest
import torch

from convscope.net.intake import load
from convscope.nets.krizhevsky import SIZE, KrizhevskyNet
from convscope.nets.named import build_named
from tests.nets import table
from tests.nets.table import (
    KRIZHEVSKY,
    KRIZHEVSKY_FIELDS,
    KRIZHEVSKY_SIDES,
    LEFT_OUT,
    TABLE_3,
    ZFNET_FIELDS,
)


def test_each_layer_has_the_size_of_the_paper() -> None:
    shapes = table.sides(KrizhevskyNet(3, fc=4).eval(), torch.zeros(1, 3, SIZE, SIZE))
    sizes = {
        row[0]: (row[4], side, side) for row, side in zip(KRIZHEVSKY, KRIZHEVSKY_SIDES, strict=True)
    }
    assert {name: shapes[name] for name in sizes} == sizes


@pytest.mark.parametrize(
    "words", ["", *TABLE_3["krizhevsky"], *(f"without={layers}" for layers in LEFT_OUT)]
)
def test_every_variant_has_the_parameters_that_plain_counting_gives(words: str) -> None:
    with torch.device("meta"):
        net = build_named(f"krizhevsky,{words}".rstrip(","))
    rows, linear = table.variant(KRIZHEVSKY, words)
    counted = table.parameters(rows, 3, 6, linear)
    assert sum(weights.numel() for weights in net.parameters()) == counted


@pytest.mark.parametrize("axis", [0, 1])
def test_fields_are_what_poison_finds_and_what_the_tape_says(axis: int) -> None:
    tape = load("nets:krizhevsky,classes=3,fc=4", device="cpu").tape()
    for row, told, found in zip(
        KRIZHEVSKY, KRIZHEVSKY_FIELDS, table.seen(KRIZHEVSKY, SIZE, axis), strict=True
    ):
        layer = tape.layer(row[0]).field
        affine = (layer.y, layer.x)[axis]
        assert (affine.size, affine.stride) == told, row
        if told[0] < SIZE / 2:
            assert table.field(found) == told, row
        for cell, pixels in enumerate(found):
            low, high = affine.interval(cell)
            assert table.interval(pixels) == (max(low, 0), min(high, SIZE)), (row, cell)


def test_both_networks_see_the_image_at_the_same_stride_from_layer_3_on() -> None:
    assert [jump for _, jump in KRIZHEVSKY_FIELDS[3:]] == [jump for _, jump in ZFNET_FIELDS[3:]]


def test_normalisation_comes_before_the_pool() -> None:
    with torch.device("meta"):
        names = [name for name, _ in KrizhevskyNet().named_children()]
    assert names[:8] == "conv1 relu1 norm1 pool1 conv2 relu2 norm2 pool2".split()
