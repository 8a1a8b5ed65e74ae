"""A network under glass without the net room: a plain Sequential and forward hooks."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from convscope.errors import ForwardError
from convscope.geometry.field import AxisField, Field
from convscope.results.layer import Layer
from convscope.results.shares import Link
from convscope.results.synthesis import Synthesis
from convscope.tally.plan import Bounds

WEIGHTS = "0" * 64


def field(size: int, stride: int, offset: int) -> Field:
    axis = AxisField(size, Fraction(stride), Fraction(offset))
    return Field(axis, axis, "EXACT")


class FakeCapture:
    """conv (signed) and two rectified layers, whose means are the scores of five classes."""

    link: Link | None = "softmax"
    bounds = (Bounds(-1.0, 1.0), None, None)

    def __init__(self, size: int = 16, shift: float = 0.0, threads: int = 1) -> None:
        torch.manual_seed(0)
        self.module = nn.Sequential(
            nn.Conv2d(3, 6, 3, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(6, 5, 3, padding=1),
            nn.ReLU(inplace=True),
        ).eval()
        half = size // 2
        self.layers = (
            Layer(0, "0", "conv", 6, half, half, field(3, 2, -1), True, True),
            Layer(1, "1", "relu", 6, half, half, field(3, 2, -1), False, True, ("stem",)),
            Layer(3, "3", "relu", 5, half, half, field(7, 2, -3), False, True),
        )
        self.provenance: dict[str, Any] = {
            "network": {"sha256": WEIGHTS},
            "threads": threads,
            "memory_format": "channels_last",
            "preprocessing": {
                "size": (size, size),
                "resize": None,
                "interpolation": "bilinear",
                "mean": (0.5 + shift,) * 3,
                "std": (0.25,) * 3,
            },
            "versions": {"convscope": "0"},
        }
        self.refuses: Callable[[torch.Tensor], bool] = lambda image: False
        self.spoil: Callable[[int, torch.Tensor], None] = lambda k, x: None
        self.after_batch: Callable[[], None] = lambda: None

    def class_of(self, label: str) -> int | None:
        return {"b": 3}.get(label)

    def run(
        self,
        batch: torch.Tensor,
        see: Callable[[int, torch.Tensor], None],
        scored: Callable[[torch.Tensor], None] | None = None,
    ) -> None:
        if any(self.refuses(image) for image in batch):
            raise ForwardError("the network raised: boom")
        x = batch.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            for index, module in enumerate(self.module):
                x = module(x)
                place = {0: 0, 1: 1, 3: 2}.get(index)
                if place is not None:
                    self.spoil(place, x)
                    see(place, x)
            if scored:
                scored(x.mean((2, 3)))
        self.after_batch()

    def dump(self, batch: torch.Tensor) -> list[np.ndarray]:
        """The activations of the three layers, in batches of 4 as a pass would run them."""
        found: list[list[np.ndarray]] = [[], [], []]
        for start in range(0, len(batch), 4):
            part = batch[start : start + 4]
            padded = torch.cat([part, part[:1].expand(4 - len(part), -1, -1, -1)])
            self.run(padded, lambda k, x: found[k].append(x.clone().contiguous().numpy()))
        return [np.concatenate(parts)[: len(batch)] for parts in found]


def photographs(folder: Path, count: int, size: int = 16, seed: int = 0) -> Path:
    """A folder of small PNGs of noise in two classes."""
    random = np.random.default_rng(seed)
    for index in range(count):
        place = folder / "ab"[index % 2]
        place.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (size, size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place / f"{index:04d}.png", compress_level=1)
    return folder


def synthesis(channels: tuple[int, ...] = (0, 1, 2), **changed: Any) -> Synthesis:
    """Pictures of noise of some channels of layer 1; each is the same whatever it comes with."""
    size = changed.pop("size", (9, 8, 3))
    pictures = [np.random.default_rng(c).integers(0, 256, size, np.uint8) for c in channels]
    recipe = {"steps": 4, "spectrum": "natural", "box": (1.0, 0.5)} | changed.pop("recipe", {})
    options = {"recipe": recipe, "starts": 2, "seed": 0, "batch": 16} | changed.pop("options", {})
    number = np.array(channels, np.float64)
    given: dict[str, Any] = {
        "pictures": np.stack(pictures),
        "values": number + 2,
        "best": np.full(len(channels), 3.0),
        "robust": number + 1,
        "tries": np.stack([number, number + 2, np.where(number == 2, 1.0, np.nan)]),
        "layer": "1",
        "channels": channels,
        "names": tuple(f"1:{c}" for c in channels),
        "status": tuple("diverged" if c == 1 else "drawn" for c in channels),
        "starts": tuple(c % 3 for c in channels),
        "note": "",
        "provenance": {"method": "synthesize", "weights": WEIGHTS, "options": options,
                       "spectrum_images": 4},
    }  # fmt: skip
    return Synthesis(**(given | changed))
