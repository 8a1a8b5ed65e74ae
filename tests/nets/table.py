"""The networks of the paper as tables written by hand, and what follows from them by plain loops.

Nothing here reads the networks: rows are ``(name, kernel, stride, padding, maps)``.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

Row = tuple[str, int, int, int, int]

# Zeiler & Fergus 2013, Fig. 3; fields and strides: spec A1.1, each (size, jump) in px
ZFNET: list[Row] = [
    ("conv1", 7, 2, 1, 96),
    ("pool1", 3, 2, 0, 96),
    ("conv2", 5, 2, 0, 256),
    ("pool2", 3, 2, 0, 256),
    ("conv3", 3, 1, 1, 384),
    ("conv4", 3, 1, 1, 384),
    ("conv5", 3, 1, 1, 256),
    ("pool5", 3, 2, 0, 256),
]
ZFNET_SIDES = [110, 55, 26, 13, 13, 13, 13, 6]
ZFNET_FIELDS = [(7, 2), (11, 4), (27, 8), (43, 16), (75, 16), (107, 16), (139, 16), (171, 32)]

# Krizhevsky 2012 without its two columns; fields of conv1 to conv5: 11, 51, 99, 131, 163
KRIZHEVSKY: list[Row] = [
    ("conv1", 11, 4, 2, 96),
    ("pool1", 3, 2, 0, 96),
    ("conv2", 5, 1, 2, 256),
    ("pool2", 3, 2, 0, 256),
    ("conv3", 3, 1, 1, 384),
    ("conv4", 3, 1, 1, 384),
    ("conv5", 3, 1, 1, 256),
    ("pool5", 3, 2, 0, 256),
]
KRIZHEVSKY_SIDES = [55, 27, 27, 13, 13, 13, 13, 6]
KRIZHEVSKY_FIELDS = [(11, 4), (19, 8), (51, 8), (67, 16), (99, 16), (131, 16), (163, 16), (195, 32)]

# Rows of Table 3 that change a network, and the keys that make each
TABLE_3 = {
    "zfnet": ["fc=2048", "fc=8192", "wide=yes", "fc=8192,wide=yes"],
    "krizhevsky": ["fc=2048", "fc=8192"],
}
LEFT_OUT = ["3+4", "7", "6+7", "3+4+6+7"]


def thin(rows: list[Row]) -> nn.Sequential:
    """The same windows with one map a layer and all weights 1."""
    layers: list[nn.Module] = []
    for name, kernel, stride, padding, _ in rows:
        if name.startswith("pool"):
            layers.append(nn.MaxPool2d(kernel, stride, padding, ceil_mode=True))
        else:
            layers.append(nn.Conv2d(1, 1, kernel, stride, padding))
            nn.init.ones_(layers[-1].weight)  # type: ignore[arg-type]
    return nn.Sequential(*layers)


def seen(rows: list[Row], size: int, axis: int) -> list[Tensor]:
    """For each row of the table, (cells, pixels): which cells turn NaN when a line of pixels is."""
    images = torch.zeros(size, 1, size, size)
    for line in range(size):
        images.select(2 + axis, line)[line] = torch.nan
    found = []
    with torch.inference_mode():
        for layer in thin(rows):
            images = layer(images)
            found.append(images.isnan()[:, 0].any(2 - axis).T)
    return found


def interval(pixels: Tensor) -> tuple[int, int]:
    """First and one past the last pixel that a cell sees."""
    at = pixels.nonzero().flatten().tolist()
    return at[0], at[-1] + 1


def field(cells: Tensor) -> tuple[int, int]:
    """(size, jump) of the cells that see no border, from their intervals alone."""
    whole = [interval(row) for row in cells]
    inner = [(low, high) for low, high in whole if low > 0 and high < cells.shape[1]]
    sizes = {high - low for low, high in inner}
    jumps = {second[0] - first[0] for first, second in pairwise(inner)}
    (size,), (jump,) = sizes, jumps
    return size, jump


def parameters(rows: list[Row], inputs: int, cells: int, linear: list[int]) -> int:
    """Weights and biases, counted one output map at a time."""
    total, maps = 0, inputs
    for name, kernel, _, _, out in rows:
        if name.startswith("conv"):
            for _ in range(out):
                total += kernel * kernel * maps + 1
            maps = out
    units = maps * cells * cells
    for out in linear:
        for _ in range(out):
            total += units + 1
        units = out
    return total


def variant(rows: list[Row], words: str, classes: int = 1000) -> tuple[list[Row], list[int]]:
    """The table and the linear layers of one row of Table 3, from its words."""
    asked = dict(pair.split("=") for pair in words.split(",") if pair)
    left_out = set(asked.get("without", "").split("+")) - {""}
    kept = [row for row in rows if row[0] not in {f"conv{n}" for n in left_out}]
    if asked.get("wide") == "yes":
        wide = {"conv3": 512, "conv4": 1024, "conv5": 512, "pool5": 512}
        kept = [(*row[:4], wide.get(row[0], row[4])) for row in kept]
    fc = int(asked.get("fc", 4096))
    return kept, [*(fc for n in "67" if n not in left_out), classes]


def sides(net: nn.Module, image: Tensor) -> dict[str, tuple[int, ...]]:
    """The shape after each module of a network, without the batch."""
    shapes: dict[str, tuple[int, ...]] = {}
    handles = [
        module.register_forward_hook(
            lambda _m, _i, out, name=name: shapes.update({name: tuple(out.shape[1:])})
        )
        for name, module in net.named_children()
    ]
    with torch.inference_mode():
        net(image)
    for handle in handles:
        handle.remove()
    return shapes
