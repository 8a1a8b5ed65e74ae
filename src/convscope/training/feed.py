"""The batches of a run: which images, which crops of them, in which colors.

All of it follows from the seed, the epoch and the step, so a run that goes on has nothing to
restore.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.images import photos
from convscope.training.augment import random_places, recolor, recolors
from convscope.training.data import Images
from convscope.training.inputs import Floats, Inputs
from convscope.training.options import TrainOptions

_ORDER, _CROPS = 2, 3
Batch = tuple[Floats, NDArray[np.int64]]
"""Inputs (n, h, w, c) and their classes."""


@dataclass(frozen=True)
class Feed:
    """Batches of stored images."""

    images: Images
    inputs: Inputs
    options: TrainOptions

    @property
    def batches(self) -> int:
        """Steps in an epoch; a last image alone is left out, which BatchNorm could not take."""
        whole, rest = divmod(len(self.images), self.options.batch)
        return whole + (rest > 1 or not whole)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """The images of an epoch in their order."""
        rng = np.random.default_rng([self.options.seed, _ORDER, epoch])
        return rng.permutation(len(self.images))

    def batch(self, order: NDArray[np.int64], number: int, step: int) -> Batch:
        """The inputs of one step.

        Args:
            order: of the epoch.
            number: of the batch in it.
            step: of the whole run.
        """
        size = self.options.batch
        chosen = order[number * size : (number + 1) * size]
        rng = np.random.default_rng([self.options.seed, _CROPS, step])
        places = random_places(rng, len(chosen), self.inputs.side, self.inputs.size, self.options)
        made = self.inputs.crops(self.images.pixels[chosen], places)
        if recolors(self.options):
            made = recolor(made, rng, self.options)
        return made, self.images.targets[chosen]


@dataclass(frozen=True)
class PhotographFeed:
    """Batches of crops of the bundled photographs, cut anew from what training may see of them."""

    inputs: Inputs
    options: TrainOptions

    @property
    def batches(self) -> int:
        """Steps in an epoch: as many crops as there are tiles, and one at least."""
        return max(1, round(len(photos.tiles()) / self.options.batch))

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Photographs are drawn anew in each step."""
        return np.zeros(0, np.int64)

    def batch(self, order: NDArray[np.int64], number: int, step: int) -> Batch:
        """The inputs of one step."""
        rng = np.random.default_rng([self.options.seed, _CROPS, step])
        pictures = list(photos.photographs().values())
        targets = rng.integers(len(pictures), size=self.options.batch)
        crops = [photos.random_crop(pictures[k], rng, self.options.turn) for k in targets]
        made = self.inputs.normalized(np.stack(crops))
        if self.options.flip:
            turned = rng.random(len(made)) < 0.5
            made[turned] = made[turned, :, ::-1]
        if recolors(self.options):
            made = recolor(made, rng, self.options)
        return made, targets
