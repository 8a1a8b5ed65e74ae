"""Everything a run needs before its first step: images, network, inputs, and what identifies it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.atlas import store
from convscope.checkpoints import CHECKPOINTS
from convscope.errors import NetworkError, UsageError
from convscope.images import photos
from convscope.images.open import BUNDLED
from convscope.images.source import Source
from convscope.net.net import Net
from convscope.preprocess import Preprocessing, resolve
from convscope.preprocess.mean_image import NAME, MeanImage, mean_image_bytes
from convscope.progress import Progress
from convscope.training import folder
from convscope.training.augment import center_places
from convscope.training.data import Data, Images, read_data
from convscope.training.feed import Feed, PhotographFeed
from convscope.training.identity import identity
from convscope.training.inputs import Inputs, channel_facts, mean_of, stored_side
from convscope.training.optimizer import whitener
from convscope.training.options import TrainOptions
from convscope.training.probe import probe_rows
from convscope.training.split import split
from convscope.training.start import Start, build_start, check_scale, memory_format

SAMPLES = 4
"""Batches on which the first layer's whitening is measured."""
_BEYOND = 2**32
"""No step of any run has this number: batches that are only measured."""


@dataclass(frozen=True)
class Task:
    """What is to be trained, on which images, by which recipe, and where."""

    model: str
    source: Source
    run: Path
    """The folder it will lie in."""
    options: TrainOptions
    device: torch.device


@dataclass(frozen=True)
class Job:
    """A run that is ready to begin."""

    start: Start
    data: Data
    inputs: Inputs
    feed: Feed | PhotographFeed
    whitener: Tensor | None
    probes: int
    identity: Mapping[str, Any]
    metadata: Mapping[str, str]

    def batch(self, order: NDArray[np.int64], number: int, step: int) -> tuple[Tensor, Tensor]:
        """The inputs of one step, (n, c, h, w), and their classes, where the network is."""
        made, targets = self.feed.batch(order, number, step)
        x = self.inputs.tensor(made, self.start.module)
        return x, torch.from_numpy(targets).to(x.device)

    def probed(self, epoch: int) -> list[dict[str, Any]]:
        """Health of each layer on a few held-out images."""
        return self._probed(epoch, self.probes)

    def check_layers(self) -> None:
        """See the layers of two images once, so that it fails before anything is written.

        Raises:
            NetworkError: they cannot be seen; the message says how to train all the same.
        """
        try:
            self._probed(0, min(self.probes, 2))
        except NetworkError as error:
            raise type(error)(f"{error} Or train it unseen (--probes 0).") from error

    def _probed(self, epoch: int, count: int) -> list[dict[str, Any]]:
        held = len(self.data.validation)
        if not held or not count:
            return []
        spread = np.unique(np.linspace(0, held - 1, min(count, held)).astype(int))
        pixels = self.data.validation.pixels[spread]
        places = center_places(len(pixels), self.inputs.side, self.inputs.size)
        x = self.inputs.tensor(self.inputs.crops(pixels, places), self.start.module)
        return probe_rows(epoch, Net(self.start.module, self.inputs.preprocessing), x)


def prepare(task: Task, progress: Progress) -> Job:
    """Read the images, build the network, and measure what its inputs are divided by.

    Nothing is written.

    Raises:
        DataError: images or labels that make no classifier, or do not fit the network.
        IntakeError: no such network.
        NetworkError: one whose layers cannot be seen, and are to be.
        UsageError: options that do not go together.
    """
    options = task.options
    start, read, inputs = _photographs(task) if options.photographs else _stored(task, progress)
    kind = memory_format(start, inputs.size, read.classes)
    inputs = replace(inputs, memory_format=kind)
    start.module.to(task.device).to(memory_format=kind)  # type: ignore[call-overload]
    feed = (PhotographFeed(inputs, options) if options.photographs
            else Feed(read.train, inputs, options))  # fmt: skip
    job = Job(
        start=start,
        data=read,
        inputs=inputs,
        feed=feed,
        whitener=_whitener(feed, start, inputs) if options.whiten_first else None,
        probes=options.probes,
        identity=identity(start, read, task.source, inputs, options),
        metadata=_metadata(start, read, inputs, options),
    )
    job.check_layers()
    return job


def _stored(task: Task, progress: Progress) -> tuple[Start, Data, Inputs]:
    source, options = task.source, task.options
    chosen = split([source.label(index) for index in range(len(source))], options)
    start = build_start(task.model, len(chosen.classes), options)
    check_scale(start, options)
    size = _size(start, options)
    side = stored_side(size, None if options.size else start.own.resize, options)
    read = read_data(source, chosen, (side, start.channels), options, progress)
    return start, read, _measured(start, read, (size, side), task)


def _photographs(task: Task) -> tuple[Start, Data, Inputs]:
    source, options = task.source, task.options
    if source.name != BUNDLED or (options.center, options.scale) != ("own", "own"):
        raise UsageError(
            f"photographs (so preset photos) cuts {BUNDLED} anew in each step: it takes these as "
            f"its data, not {source.name}, and what the model states about its inputs (center own, "
            "scale own). Images of your own are for another preset, such as cifar or modern."
        )
    classes = tuple(photos.photographs())
    start = build_start(task.model, len(classes), options)
    tiles = photos.held_out_tiles()
    held = Images(
        np.stack([photos.cut(tile) for tile in tiles]),
        np.array([classes.index(tile.photograph) for tile in tiles]),
    )
    none = Images(held.pixels[:0], held.targets[:0])
    facts = {"images": len(source), "train": len(classes), "validation": len(held), "failed": 0}
    preprocessing = resolve(start.own)
    if preprocessing.size != (photos.SIZE, photos.SIZE):
        raise UsageError(f"photographs are cut to {photos.SIZE} px; {start.spec} takes another.")
    return start, Data(none, held, classes, facts), Inputs(photos.SIZE, preprocessing)


def _size(start: Start, options: TrainOptions) -> int:
    stated = start.own.size
    if options.size:
        return options.size
    if stated is None or stated[0] != stated[1]:
        said = "states none" if stated is None else f"takes {stated[0]} x {stated[1]} px"
        raise UsageError(
            f"Inputs are squares, and {start.spec} {said}. Give the side in pixels (--size 32)."
        )
    return stated[0]


def _measured(start: Start, read: Data, sides: tuple[int, int], task: Task) -> Inputs:
    """The inputs, with mean and deviation of the training images where they are asked for."""
    (size, side), options = sides, task.options
    mean, std = channel_facts(read.train.pixels)
    own = start.own
    if (options.center == "own" and not own.mean) or (options.scale == "own" and not own.std):
        raise UsageError(
            f"{start.spec} does not state mean and deviation of its inputs. Have them measured: "
            "center channel, scale deviation."
        )
    scales = {"pixels": (1 / 255,) * len(std), "deviation": std, "own": own.std or std}
    preprocessing = Preprocessing(
        (size, size),
        side,
        mean=own.mean or mean if options.center == "own" else mean,
        std=scales[options.scale],
    )
    if options.center != "image":
        return Inputs(side, preprocessing)
    image = mean_of(read.train.pixels)
    digest = mean_image_bytes(image)[1]
    place = str((task.run / CHECKPOINTS / NAME).absolute())
    return Inputs(side, replace(preprocessing, mean_image=MeanImage(digest, place)), image)


def _whitener(feed: Feed | PhotographFeed, start: Start, inputs: Inputs) -> Tensor:
    order = feed.order(0)
    made = [feed.batch(order, k % feed.batches, _BEYOND + k)[0] for k in range(SAMPLES)]
    x = torch.cat([inputs.tensor(each, start.module) for each in made])
    height, width = start.first.kernel_size
    return whitener(x, (height, width))


def _metadata(start: Start, read: Data, inputs: Inputs, options: TrainOptions) -> dict[str, str]:
    said = folder.metadata_of(inputs.preprocessing, read.classes)
    return {"arch": start.spec, "seed": str(options.seed), "recipe": "convscope train", **said}


def write_beside(job: Job, run: Path) -> None:
    """Write what lies beside the checkpoints and belongs to all of them."""
    place = run / CHECKPOINTS
    store.make_folder(place)
    folder.write_classes(run, job.data.classes)
    if job.inputs.mean_image is not None:
        store.write(place / NAME, mean_image_bytes(job.inputs.mean_image)[0])
