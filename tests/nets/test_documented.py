"""The page on the networks says what they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from convscope.net.cost import cost
from convscope.net.intake import load
from convscope.nets.named import NAMES, keys_of
from tests.nets import table

LAYERS = ("conv1", "pool1", "conv2", "pool2", "conv3", "pool5")


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "nets.md").read_text(encoding="utf-8")


def test_every_network_has_its_row(page: str) -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\d+) px \| ([\d, ]+) \| ([\d,]+) \| ([\d,]+) mil", page, re.M
    )
    assert [row[0] for row in rows] == list(NAMES)
    for name, size, sides, parameters, millions in rows:
        net = load(f"nets:{name}", device="cpu")
        shapes = table.sides(net.module, torch.zeros(1, *net.input_shape[1:]))
        assert net.preprocessing.size == (int(size), int(size))
        assert [shapes[layer][1] for layer in LAYERS] == [int(side) for side in sides.split(",")]
        total = sum(weights.numel() for weights in net.module.parameters())
        assert f"{total:,}" == parameters
        assert f"{round(cost(net.tape()) / 1e6):,}" == millions


def test_every_key_has_its_row(page: str) -> None:
    written = {
        key for row in re.findall(r"^\| (`[a-z`, ]+`) \| ", page, re.M) for key in row.split(", ")
    }
    assert {f"`{key}`" for name in NAMES for key in keys_of(name)} <= written
