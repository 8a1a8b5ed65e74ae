"""The network that Zeiler & Fergus compare theirs with: Krizhevsky's of 2012, on one GPU."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from torch import Tensor, nn

from convscope.nets.lrn import ResponseNorm

SIZE = 224
"""Height and width of the input, in pixels: a crop of an image whose short side is 256."""


class KrizhevskyNet(nn.Module):
    """Krizhevsky's network with every map of a layer connected to every map of the next.

    Source: Krizhevsky, Sutskever & Hinton 2012, sec. 3 (n 5, alpha 1e-4 per map, so 5e-4 in
    PyTorch, which divides by n; beta 0.75; k 2; normalisation before the pool). Its layers 2, 4 and
    5 were cut in two for two GPUs; Zeiler & Fergus 2013, sec. 3, remove that, and compare with it
    in Fig. 6 and Table 3. Padding 2 in layer 1 gives the 55 cells of the paper for 224 px, where
    11x11 at stride 4 would not fit evenly.

    Receptive fields and strides in px: conv1 11, 4; conv2 51, 8; conv3 99, 16; conv4 131, 16; conv5
    163, 16; pool5 195, 32. The large first stride is what Fig. 6d shows as aliasing.

    Args:
        classes: how many scores it ends in.
        fc: units of layers 6 and 7: 4096; Table 3 has 2048 and 8192.
        without: layers of 3, 4, 6, 7 that are left out; Table 3 has 3+4, 7, 6+7, 3+4+6+7.

    >>> sum(weights.numel() for weights in KrizhevskyNet(10, fc=16).parameters())
    3895114
    """

    def __init__(
        self, classes: int = 1000, *, fc: int = 4096, without: Collection[int] = ()
    ) -> None:
        super().__init__()
        self.without = frozenset(without)

        self.conv1 = nn.Conv2d(3, 96, 11, stride=4, padding=2)
        self.relu1 = nn.ReLU()
        self.norm1 = ResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
        self.pool1 = nn.MaxPool2d(3, stride=2)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2)
        self.relu2 = nn.ReLU()
        self.norm2 = ResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
        self.pool2 = nn.MaxPool2d(3, stride=2)
        maps = 256  # what the next layer that is there takes in
        if 3 not in self.without:
            self.conv3 = nn.Conv2d(maps, 384, 3, padding=1)
            self.relu3 = nn.ReLU()
            maps = 384
        if 4 not in self.without:
            self.conv4 = nn.Conv2d(maps, 384, 3, padding=1)
            self.relu4 = nn.ReLU()
            maps = 384
        self.conv5 = nn.Conv2d(maps, 256, 3, padding=1)
        self.relu5 = nn.ReLU()
        self.pool5 = nn.MaxPool2d(3, stride=2)
        units = 256 * 6 * 6
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
        x = self.relu1(self.conv1(x))  # (n, 96, 55, 55)
        x = self.pool1(self.norm1(x))  # (n, 96, 27, 27)
        x = self.relu2(self.conv2(x))  # (n, 256, 27, 27)
        x = self.pool2(self.norm2(x))  # (n, 256, 13, 13)
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
