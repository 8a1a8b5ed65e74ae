"""ZFNet: the network of Zeiler & Fergus 2013, line by line, and the variants of its Table 3."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from torch import Tensor, nn

from convscope.nets.lrn import ResponseNorm

SIZE = 224
"""Height and width of the input, in pixels: a crop of an image whose short side is 256."""


class ZFNet(nn.Module):
    """Five convolutions, three pools, two normalisations, three linear layers: 62,357,608 numbers.

    Source: Zeiler & Fergus 2013 (arXiv 1311.2901), Fig. 3 and sec. 3; variants: Table 3. What the
    paper leaves open:

    - *Padding.* Of all choices only 1 in layer 1, 0 in layer 2, and pools that round up give the
      sizes of Fig. 3: 110, 55, 26, 13, 13, 6.
    - *Contrast normalisation* is drawn after the pools of layers 1 and 2, without its constants.
      They are Krizhevsky's (2012, sec. 3.3: n 5, alpha 1e-4, beta 0.75, k 2), whose alpha counts
      per map; PyTorch divides by n, so alpha is 5e-4. It is meant for inputs of about +-128, not
      divided by their deviation.

    Receptive fields and strides in px: conv1 7, 2; conv2 27, 8; conv3 75, 16; conv4 107, 16; conv5
    139, 16; pool5 171, 32.

    Args:
        classes: how many scores it ends in.
        fc: units of layers 6 and 7: 4096; the paper tried 2048 and 8192.
        wide: layers 3, 4, 5 have 512, 1024, 512 maps, not 384, 384, 256.
        without: layers of 3, 4, 6, 7 that are left out; the paper tried 3+4, 7, 6+7, 3+4+6+7.

    >>> net = ZFNet(without=(3, 4, 6, 7))
    >>> [name for name, layer in net.named_children() if hasattr(layer, "weight")]
    ['conv1', 'conv2', 'conv5', 'fc8']
    """

    def __init__(
        self,
        classes: int = 1000,
        *,
        fc: int = 4096,
        wide: bool = False,
        without: Collection[int] = (),
    ) -> None:
        super().__init__()
        self.without = frozenset(without)
        three, four, five = (512, 1024, 512) if wide else (384, 384, 256)

        self.conv1 = nn.Conv2d(3, 96, 7, stride=2, padding=1)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.norm1 = ResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
        self.conv2 = nn.Conv2d(96, 256, 5, stride=2)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.norm2 = ResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
        maps = 256  # what the next layer that is there takes in
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
        units = five * 6 * 6
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
        """Scores before softmax of a batch (n, 3, 224, 224)."""
        x = self.relu1(self.conv1(x))  # (n, 96, 110, 110)
        x = self.norm1(self.pool1(x))  # (n, 96, 55, 55)
        x = self.relu2(self.conv2(x))  # (n, 256, 26, 26)
        x = self.norm2(self.pool2(x))  # (n, 256, 13, 13)
        if 3 not in self.without:
            x = self.relu3(self.conv3(x))  # (n, 384, 13, 13)
        if 4 not in self.without:
            x = self.relu4(self.conv4(x))  # (n, 384, 13, 13)
        x = self.relu5(self.conv5(x))  # (n, 256, 13, 13)
        x = self.pool5(x).flatten(1)  # (n, 256, 6, 6) -> (n, 9216)
        if 6 not in self.without:
            x = self.drop6(self.relu6(self.fc6(x)))  # (n, 4096)
        if 7 not in self.without:
            x = self.drop7(self.relu7(self.fc7(x)))  # (n, 4096)
        return cast(Tensor, self.fc8(x))  # (n, classes)
