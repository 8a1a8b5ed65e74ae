"""How well a network does on images it was not trained on."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.net.guest import guest
from convscope.training.augment import Places, center_places, ten_places
from convscope.training.data import Images
from convscope.training.inputs import Inputs

BATCH = 256


@dataclass(frozen=True)
class Scored:
    """Mean cross-entropy, and share of images whose first guess is right; NaN of no images."""

    loss: float
    accuracy: float

    def row(self) -> dict[str, float]:
        """What an epoch's row says of it."""
        return {"validation_loss": self.loss, "validation_accuracy": self.accuracy}


@torch.no_grad()
def evaluate(module: nn.Module, images: Images, inputs: Inputs, *, ten_crops: bool) -> Scored:
    """Score a network on the images' centres, or on the mean probability of ten crops.

    It runs in evaluation mode (no dropout); each part is in the mode it was in afterwards.
    """
    if not len(images):
        return Scored(math.nan, math.nan)
    loss, right = 0.0, 0
    with evaluating(module):
        for start in range(0, len(images), BATCH):
            pixels = images.pixels[start : start + BATCH]
            wanted = torch.from_numpy(images.targets[start : start + BATCH])
            found = log_probabilities(module, pixels, inputs, ten_crops=ten_crops).cpu()
            loss -= float(found.gather(1, wanted[:, None]).double().sum())
            right += int((found.argmax(1) == wanted).sum())
    return Scored(loss / len(images), right / len(images))


def log_probabilities(
    module: nn.Module, pixels: NDArray[np.uint8], inputs: Inputs, *, ten_crops: bool = False
) -> Tensor:
    """Logarithms of the classes' probabilities, (n, classes), of bytes (n, h, w, c).

    Of ten crops the probabilities are averaged, not the scores: Krizhevsky et al. 2012, sec. 4.1.
    """
    if not ten_crops:
        return _logs(module, pixels, inputs, center_places(len(pixels), inputs.side, inputs.size))
    rows, columns = ten_places(inputs.side, inputs.size)
    places = [_same(row, column, len(pixels)) for row, column in zip(rows, columns, strict=True)]
    found = torch.stack([_logs(module, pixels, inputs, place).double() for place in places])
    return found.logsumexp(0) - math.log(len(places))


def evaluating(module: nn.Module) -> AbstractContextManager[None]:
    """Evaluation mode, and afterwards modes, buffers and random states as they were.

    A network that draws or counts while it is scored goes on training to the same losses.
    """
    return guest(module)


def _logs(module: nn.Module, pixels: NDArray[np.uint8], inputs: Inputs, places: Places) -> Tensor:
    scores: Tensor = module(inputs.tensor(inputs.crops(pixels, places), module))
    return scores.log_softmax(1)


def _same(row: NDArray[np.int64], column: NDArray[np.int64], count: int) -> Places:
    return np.broadcast_to(row, (count, len(row))), np.broadcast_to(column, (count, len(column)))
