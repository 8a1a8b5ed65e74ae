"""The bundled network: Zeiler & Fergus's, shrunk until two cores train it in half an hour."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from safetensors import safe_open
from torch import Tensor, nn

SIZE = 72
"""Height and width of the input, in pixels."""


class ZeilerNet(nn.Module):
    """Five convolutions, three overlapping ceil-mode pools, two normalisations, two linear layers.

    Source: Zeiler & Fergus 2013, Fig. 3: 7x7 filters at stride 2 with padding 1 first, 3x3 pools
    at stride 2 that round up, contrast normalisation across maps after the first two. Shrunk: the
    input is 72 px, not 224, so conv2 has stride 1 and the last pool still sees 6x6 cells; fewer
    maps, one hidden linear layer. The fields of conv1 to conv5 are 7, 27, 51, 67 and 83 px.

    The normalisation's ``alpha`` is AlexNet's for inputs of +-128 (5e-4, Caffe's and PyTorch's
    division by 5 in it), carried over to inputs of unit deviation, which are some 64 times
    smaller: 5e-4 * 64^2 is about 2. Krizhevsky's 1e-4 would do nothing at all here.

    >>> import torch
    >>> ZeilerNet(18).eval()(torch.zeros(4, 3, 72, 72)).shape
    torch.Size([4, 18])
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 48, 7, stride=2, padding=1)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.norm1 = nn.LocalResponseNorm(5, alpha=2.0, beta=0.75, k=1.0)
        self.conv2 = nn.Conv2d(48, 96, 5)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.norm2 = nn.LocalResponseNorm(5, alpha=2.0, beta=0.75, k=1.0)
        self.conv3 = nn.Conv2d(96, 128, 3, padding=1)
        self.relu3 = nn.ReLU()
        self.conv4 = nn.Conv2d(128, 128, 3, padding=1)
        self.relu4 = nn.ReLU()
        self.conv5 = nn.Conv2d(128, 96, 3, padding=1)
        self.relu5 = nn.ReLU()
        self.pool5 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.fc6 = nn.Linear(96 * 3 * 3, 256)
        self.relu6 = nn.ReLU()
        self.drop6 = nn.Dropout(0.5)
        self.fc7 = nn.Linear(256, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of a batch of normalized tiles."""
        x = self.norm1(self.pool1(self.relu1(self.conv1(x))))  # (n, 48, 34, 34) -> (n, 48, 17, 17)
        x = self.norm2(self.pool2(self.relu2(self.conv2(x))))  # (n, 96, 13, 13) -> (n, 96, 6, 6)
        x = self.relu3(self.conv3(x))  # (n, 128, 6, 6)
        x = self.relu4(self.conv4(x))  # (n, 128, 6, 6)
        x = self.pool5(self.relu5(self.conv5(x)))  # (n, 96, 6, 6) -> (n, 96, 3, 3)
        x = self.drop6(self.relu6(self.fc6(x.flatten(1))))  # (n, 256)
        return cast(Tensor, self.fc7(x))  # (n, classes)


def load_zeiler(path: Path) -> tuple[ZeilerNet, dict[str, str]]:
    """The network in a safetensors file, in eval mode and single precision, and its metadata.

    The file's metadata lists the classes; half-precision weights are widened.

    >>> from convscope.bundled import bundled_weights
    >>> net, metadata = load_zeiler(bundled_weights())
    >>> net.training, metadata["size"], metadata["classes"].split(",")[:2]
    (False, '72,72', ['astronaut', 'brick'])
    """
    with safe_open(path, framework="pt") as file:
        metadata: dict[str, str] = file.metadata()
        weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    net = ZeilerNet(len(metadata["classes"].split(","))).eval()
    net.load_state_dict(weights)
    return net, metadata
