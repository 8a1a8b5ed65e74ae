"""How a trained network does, on the images it was trained on and on those held out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from convscope.images.open import open_images
from convscope.net.cost import cost
from convscope.net.device import resolve_device
from convscope.net.guest import untouched
from convscope.progress import silent
from convscope.training.data import Images
from convscope.training.evaluate import BATCH, evaluating, log_probabilities
from convscope.training.inputs import Inputs
from convscope.training.options import TrainOptions
from convscope.training.prepare import Task, prepare
from convscope.training.run import Run

TOP = 5
"""How many guesses the second error allows, as in Zeiler & Fergus' tables."""


@dataclass(frozen=True)
class Score:
    """One trained network's numbers; NaN where there is none."""

    parameters: int = 0
    multiply_adds: int = 0
    train_error: float = math.nan
    """Share of the training images, first guess wrong: without dropout or random crops, at the
    center, or at ten crops where the run validates so."""
    error: float = math.nan
    """Share of the held-out images, first guess wrong."""
    top5_error: float = math.nan
    """The same for the first five guesses; NaN of five classes or fewer."""
    train_images: int = 0
    images: int = 0
    """Held out."""
    classes: int = 0
    commonest: float = math.nan
    """Share of the held-out images in their most frequent class: what guessing has right."""
    epochs: int = 0
    seconds: float = math.nan
    """That training took."""
    weights: str = ""
    """Their hash."""
    diverged: str = ""
    """Why there are no errors; empty: there are."""


def score_run(run: Run, data: str | Path, columns: tuple[str, str], device: str) -> Score:
    """Score the last network of a run on its own images, as the run itself validates.

    Args:
        run: a finished training.
        data: its images.
        columns: of images and labels, where they are a table.
        device: auto, cpu, cuda or mps.
    """
    options = run.options or TrainOptions()
    net = run.net(device=device)
    with untouched():
        source = open_images(data, image_column=columns[0], label_column=columns[1])
        task = Task(run.spec, source, run.path, options, resolve_device(device))
        job = prepare(task, silent)
        scored = [
            wrong(net.module, images, job.inputs, ten_crops=options.ten_crops)
            for images in (job.data.train, job.data.validation)
        ]
    (train_error, _), (error, top5_error) = scored
    return Score(
        parameters=sum(weights.numel() for weights in net.module.parameters()),
        multiply_adds=cost(net.tape()),
        train_error=train_error,
        error=error,
        top5_error=top5_error,
        train_images=len(job.data.train),
        images=len(job.data.validation),
        classes=len(job.data.classes),
        commonest=commonest(job.data.validation),
        epochs=options.epochs,
        seconds=float(run.history["seconds"].sum()),
        weights=net.fingerprint(),
    )


def commonest(images: Images) -> float:
    """Share of images in their most frequent class; NaN of none."""
    return int(np.bincount(images.targets).max()) / len(images) if len(images) else math.nan


@torch.no_grad()
def wrong(
    module: nn.Module, images: Images, inputs: Inputs, *, ten_crops: bool
) -> tuple[float, float]:
    """Shares of images whose class is not the first guess, and not among the first five."""
    first = among = 0
    with evaluating(module):
        for start in range(0, len(images), BATCH):
            pixels = images.pixels[start : start + BATCH]
            targets = torch.from_numpy(images.targets[start : start + BATCH])[:, None]
            found = log_probabilities(module, pixels, inputs, ten_crops=ten_crops).cpu()
            classes = found.shape[1]
            first += int((found.argmax(1, keepdim=True) != targets).sum())
            guesses = found.topk(min(TOP, classes), 1).indices
            among += int((guesses != targets).all(1).sum())
    if not len(images):
        return math.nan, math.nan
    return first / len(images), among / len(images) if classes > TOP else math.nan
