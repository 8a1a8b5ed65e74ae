"""Zeiler & Fergus' network shrunk to small images, so that two cores can train it."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from torch import Tensor, nn

from convscope.errors import UsageError
from convscope.nets.lrn import ResponseNorm

SMALL, LARGE = (32, 64, 96, 96, 64), (48, 96, 128, 128, 96)
"""Maps of layers 1 to 5, below 64 px and from there; the paper's are 96, 256, 384, 384, 256."""
WIDE = (1, 1, 4 / 3, 8 / 3, 2)
"""How many times the maps of the wide variant in Table 3: 512, 1024, 512 for 384, 384, 256."""


class ScaledZF(nn.Module):
    """The paper's network for images of 28 to 96 px: fewer maps, and as far down as the pixels go.

    Source: Zeiler & Fergus 2013, Fig. 3. As there, layers 1 and 2 are convolution, rectifier, 3x3
    pool at stride 2 that rounds up, normalisation; layers 3, 4, 5 are 3x3 convolutions with a pool
    after the last; then come two linear layers with dropout, and the scores. Other than there:

    - *First layer.* 7x7 at stride 2 from 64 px up, as in the paper; at 28 and 32 px 5x5 at stride
      1, which leaves 32 px as many cells as 7x7 at stride 2 leaves 64: 30, then 15, 11, 5, 2.
    - *Second layer.* At 96 px it has the paper's stride of 2; where there are fewer pixels, 1.
    - *Normalisation* has the alpha of the bundled network, 2, for inputs of about unit deviation;
      the paper's is for inputs of +-128, and would do nothing here.

    A first stride above its own makes the first two layers those of Krizhevsky 2012: padding 2, and
    a second layer at stride 1 with padding 2. At 96 px ``kernel=11, stride=4`` and the net's own
    ``kernel=7, stride=2`` then have the same weights but the first layer's, and as many cells from
    the second pool on: the two networks of Fig. 6.

    Args:
        size: height and width of the input, in pixels.
        classes: how many scores it ends in.
        channels: of the input: 3, or 1 for gray images.
        kernel: side of the first filters in px; None: 7 from 64 px up, below it 5.
        stride: of the first filters in px; None: 2 from 64 px up, below it 1.
        width: what the numbers of maps are multiplied by.
        fc: units of layers 6 and 7.
        wide: layers 3, 4, 5 have 4/3, 8/3, 2 times the maps, as in Table 3.
        without: layers of 3, 4, 6, 7 that are left out, as in Table 3.

    Raises:
        UsageError: a first layer that leaves too few cells for the three pools.

    >>> import torch
    >>> ScaledZF(28, channels=1).eval()(torch.zeros(4, 1, 28, 28)).shape
    torch.Size([4, 10])
    """

    def __init__(
        self,
        size: int,
        classes: int = 10,
        *,
        channels: int = 3,
        kernel: int | None = None,
        stride: int | None = None,
        width: float = 1.0,
        fc: int = 256,
        wide: bool = False,
        without: Collection[int] = (),
    ) -> None:
        super().__init__()
        self.size, self.without = size, frozenset(without)
        is_large = size >= 64
        kernel, stride = kernel or (7 if is_large else 5), stride or (2 if is_large else 1)
        is_krizhevskys = stride > (2 if is_large else 1)
        second = 2 if size >= 96 and not is_krizhevskys else 1
        first_pad, second_pad = (2, 2) if is_krizhevskys else (1, 0)
        more = WIDE if wide else (1, 1, 1, 1, 1)
        maps_of = zip(LARGE if is_large else SMALL, more, strict=True)
        one, two, three, four, five = (max(1, round(maps * by * width)) for maps, by in maps_of)

        self.conv1 = nn.Conv2d(channels, one, kernel, stride, padding=first_pad)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.norm1 = ResponseNorm(5, alpha=2.0, beta=0.75, k=1.0)
        self.conv2 = nn.Conv2d(one, two, 5, second, padding=second_pad)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.norm2 = ResponseNorm(5, alpha=2.0, beta=0.75, k=1.0)
        maps = two  # what the next layer that is there takes in
        if 3 not in self.without:
            self.conv3 = nn.Conv2d(maps, three, 3, padding=1)
            self.relu3 = nn.ReLU()
            maps = three
        if 4 not in self.without:
            self.conv4 = nn.Conv2d(maps, four, 3, padding=1)
            self.relu4 = nn.ReLU()
            maps = four
        self.conv5 = nn.Conv2d(maps, five, 3, padding=1)
        self.relu5 = nn.ReLU()
        self.pool5 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        units = five * _cells(size, self.conv1, self.conv2) ** 2
        if 6 not in self.without:
            self.fc6 = nn.Linear(units, fc)
            self.relu6 = nn.ReLU()
            self.drop6 = nn.Dropout(0.5)
            units = fc
        if 7 not in self.without:
            self.fc7 = nn.Linear(units, fc)
            self.relu7 = nn.ReLU()
            self.drop7 = nn.Dropout(0.5)
            units = fc
        self.fc8 = nn.Linear(units, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Scores before softmax of a batch; the shapes are those of 32 px and of 96 px."""
        x = self.relu1(self.conv1(x))  # (n, 32, 30, 30); (n, 48, 46, 46)
        x = self.norm1(self.pool1(x))  # (n, 32, 15, 15); (n, 48, 23, 23)
        x = self.relu2(self.conv2(x))  # (n, 64, 11, 11); (n, 96, 10, 10)
        x = self.norm2(self.pool2(x))  # (n, 64, 5, 5); (n, 96, 5, 5)
        if 3 not in self.without:
            x = self.relu3(self.conv3(x))  # (n, 96, 5, 5); (n, 128, 5, 5)
        if 4 not in self.without:
            x = self.relu4(self.conv4(x))  # (n, 96, 5, 5); (n, 128, 5, 5)
        x = self.relu5(self.conv5(x))  # (n, 64, 5, 5); (n, 96, 5, 5)
        x = self.pool5(x).flatten(1)  # (n, 64, 2, 2) -> (n, 256); (n, 96, 2, 2) -> (n, 384)
        if 6 not in self.without:
            x = self.drop6(self.relu6(self.fc6(x)))  # (n, 256)
        if 7 not in self.without:
            x = self.drop7(self.relu7(self.fc7(x)))  # (n, 256)
        return cast(Tensor, self.fc8(x))  # (n, classes)


def _cells(size: int, first: nn.Conv2d, second: nn.Conv2d) -> int:
    """Cells along a side after pool5."""
    third = _pooled(_convolved(_pooled(_convolved(size, first)), second))
    if third < 2:
        (kernel, _), (stride, _) = first.kernel_size, first.stride
        raise UsageError(
            f"A first layer of {kernel}x{kernel} at stride {stride} leaves too little of {size} px "
            "for the three pools. Give a smaller kernel or stride, or a network for larger images."
        )
    return _pooled(third)


def _convolved(cells: int, conv: nn.Conv2d) -> int:
    (kernel, _), (stride, _), padding = conv.kernel_size, conv.stride, conv.padding[0]
    return (cells + 2 * int(padding) - kernel) // stride + 1


def _pooled(cells: int) -> int:
    """After a 3x3 pool at stride 2 that rounds up."""
    return cells // 2
