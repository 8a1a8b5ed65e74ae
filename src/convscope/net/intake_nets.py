"""``nets:NAME,key=value``: convscope's own networks, which can be read aloud and trained."""

from __future__ import annotations

from typing import Any

from convscope.net.built import Built
from convscope.nets.named import build_named
from convscope.nets.scaled import ScaledZF

PAPER = {
    "crop_size": 224,
    "resize_size": 256,
    "mean": (0.485, 0.456, 0.406),
    "std": (1 / 255, 1 / 255, 1 / 255),
}
"""Short side 256, crop 224, values of about +-128: Zeiler & Fergus 2013, sec. 3.

The paper subtracts the mean image of ImageNet, this the mean color.
"""


def build_nets(text: str) -> Built:
    """A network by name with the weights PyTorch draws, and the preprocessing it is meant for.

    Raises:
        IntakeError: no such name, key or value.

    >>> build_nets("zf32,classes=3").pretrained["crop_size"]
    32
    """
    module = build_named(text)
    return Built(module, _scaled(module) if isinstance(module, ScaledZF) else PAPER)


def _scaled(module: ScaledZF) -> dict[str, Any]:
    """Of small images of their own size nothing is cut; larger ones are shrunk to it.

    Values are of about unit deviation, which the scaled networks' normalisation is made for.
    """
    channels = module.conv1.in_channels
    return {
        "crop_size": module.size,
        "resize_size": module.size,
        "mean": (0.5,) * channels,
        "std": (0.25,) * channels,
    }
