"""From stored bytes to the network's input, in training and in evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convscope.errors import UsageError
from convscope.preprocess import Preprocessing
from convscope.training.augment import Places, gather
from convscope.training.options import TrainOptions

Floats = NDArray[np.float32]
STEP = 4
"""Pixels by which images may be larger than the input, so that centres of centres agree."""


@dataclass(frozen=True)
class Inputs:
    """How stored squares become inputs: crops of them, minus a mean, divided by a deviation."""

    side: int
    """Of the stored squares, in pixels."""
    preprocessing: Preprocessing
    """What a finished network asks of an image: the same numbers for the square's centre."""
    mean_image: Floats | None = None
    """(side, side, c) on the 0..1 scale; None: the mean is the preprocessing's, one a channel."""
    memory_format: torch.memory_format = torch.channels_last
    """Of batches: channels-last is four times as fast on CPUs."""

    @property
    def size(self) -> int:
        """Side of the input, in pixels."""
        return self.preprocessing.size[0]

    def scale(self, module: nn.Module) -> Tensor | None:
        """What pixels of 0..255 are divided by, a channel; None: by nothing."""
        given = [255 * std for std in self.preprocessing.std]
        if all(abs(value - 1) < 1e-12 for value in given):
            return None
        like = next(module.parameters())
        return torch.tensor(given, dtype=like.dtype, device=like.device)

    def crops(self, pixels: NDArray[np.uint8], places: Places) -> Floats:
        """The input of one crop of each image, (n, size, size, c)."""
        return self.normalized(gather(pixels, places), places)

    def tensor(self, array: Floats, module: nn.Module) -> Tensor:
        """Inputs (n, h, w, c) as the network takes them: (n, c, h, w), where its weights are."""
        like = next(module.parameters())
        batch = torch.from_numpy(array).permute(0, 3, 1, 2)
        return batch.to(like.device, like.dtype).contiguous(memory_format=self.memory_format)

    def normalized(self, cut: NDArray[Any], places: Places | None = None) -> Floats:
        """Crops (n, h, w, c) of bytes as inputs, with the arithmetic of ``Preprocessing.apply``."""
        array = cut.astype(np.float32)
        array /= 255
        if self.mean_image is None or places is None:
            array -= np.asarray(self.preprocessing.mean, np.float32)
        else:
            array -= gather(self.mean_image, places)
        array /= np.asarray(self.preprocessing.std, np.float32)
        return array


def stored_side(size: int, own: int | None, options: TrainOptions) -> int:
    """Side of the stored squares.

    Args:
        size: of the input.
        own: short side that the model itself states; None: it does not, or for another size.
        options: what is asked for.

    Raises:
        UsageError: images smaller than the input, or of a size whose centre would be another.

    >>> stored_side(224, None, TrainOptions()), stored_side(32, None, TrainOptions(resize=32))
    (256, 32)
    """
    side = options.resize or own or size + STEP * round((size / 0.875 - size) / STEP)
    if side < size or (side - size) % STEP:
        below = max(size, side - (side - size) % STEP)
        raise UsageError(
            f"--resize, the images' side, is {side} px and the input's {size}; it must be as "
            f"large, or larger by a multiple of {STEP}, so that the centre is the same in training "
            f"and after it. Give --resize {below} or {below + STEP}, or the input another size "
            "(--size)."
        )
    return side


def mean_of(pixels: NDArray[np.uint8]) -> Floats:
    """The mean image, (h, w, c) on the 0..1 scale."""
    total = np.zeros(pixels.shape[1:], np.int64)
    for start in range(0, len(pixels), 1024):
        total += pixels[start : start + 1024].sum(0, dtype=np.int64)
    return np.asarray(total / (255 * len(pixels)), np.float32)


def channel_facts(pixels: NDArray[np.uint8]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of each channel over all pixels, on the 0..1 scale."""
    total = np.zeros(pixels.shape[3], np.int64)
    squares = np.zeros_like(total)
    for start in range(0, len(pixels), 1024):
        part = pixels[start : start + 1024].astype(np.int64)
        total += part.sum((0, 1, 2))
        squares += (part * part).sum((0, 1, 2))
    count = pixels[..., 0].size
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 1.0))  # a flat channel is not blown up
    return tuple((mean / 255).tolist()), tuple((std / 255).tolist())
