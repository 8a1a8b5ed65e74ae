"""Images, networks and options so small that a training takes a part of a second."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.training.options import TrainOptions

SIDE, COUNT = 16, 14
CLASSES = ("blue", "green", "red")

NETS = """
from torch import nn

def plain():
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.5), nn.Flatten(),
        nn.Linear(6 * 8 * 8, 3))

def normed():
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout2d(0.2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))

def regression():
    return nn.Sequential(nn.Conv2d(3, 3, 16), nn.Flatten())

class Viewing(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4 * 16 * 16, 3)
    def forward(self, x):
        return self.fc(self.conv(x.view(len(x), -1).view_as(x)).relu().reshape(len(x), -1))

def viewing():
    return Viewing()

def five():
    return nn.Sequential(nn.Conv2d(3, 5, 16), nn.Flatten())

class Hidden(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4, 3)
    def forward(self, x):
        maps = self.conv(x)
        maps.data = maps.data.clamp(min=0)
        return self.fc(maps.mean((2, 3)))

def hidden():
    return Hidden()

def dense():
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 3))
"""

QUICK = TrainOptions(
    epochs=3, batch=8, rate=0.05, size=SIDE, resize=SIDE, pad=2, center="channel",
    scale="deviation", init="kaiming", schedule="constant", held_out=0.2, probes=0,
)  # fmt: skip


def quick(**changes: Any) -> TrainOptions:
    """Options of a training of a few steps."""
    return replace(QUICK, **changes)


def pictures(folder: Path, count: int = COUNT) -> Path:
    """As many noisy pictures of each of three colors, in a folder a color."""
    rng = np.random.default_rng(0)
    for channel, name in ((2, "blue"), (1, "green"), (0, "red")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = noisy(rng, channel)
            Image.fromarray(pixels).save(folder / name / f"{number:02}.png")
    return folder


def noisy(rng: np.random.Generator, channel: int) -> NDArray[np.uint8]:
    """A picture of noise that is a little more of one color."""
    pixels = rng.integers(0, 200, (SIDE, SIDE + 2, 3))
    pixels[..., channel] += 40
    return pixels.astype(np.uint8)


def nets(folder: Path) -> Path:
    """A file with networks for them."""
    path = folder / "nets.py"
    path.write_text(NETS)
    return path
