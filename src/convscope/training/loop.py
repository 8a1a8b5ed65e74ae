"""Training, top to bottom: rate, forward, backward, step, renormalize, evaluate, checkpoint.

Source: Zeiler & Fergus 2013, sec. 3. The one loop of convscope; everything it calls is one thing in
one file. A run goes on where it was killed, to the same losses bit for bit: order, crops and
dropout of a step follow from the seed and the step's number, and weights, the optimizer's memory
and the place are saved together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from torch import nn

from convscope.atlas.lock import locked
from convscope.checkpoints import RUN, checkpoint_epochs
from convscope.errors import DivergedError
from convscope.images.open import open_images
from convscope.net.device import resolve_device
from convscope.net.guest import untouched
from convscope.progress import Progress, silent
from convscope.training import folder
from convscope.training.evaluate import evaluate
from convscope.training.identity import claim
from convscope.training.optimizer import make_optimizer, set_rate, whiten
from convscope.training.options import TrainOptions
from convscope.training.place import check_place, made_if_begun
from convscope.training.prepare import Job, Task, prepare, write_beside
from convscope.training.rate import rate_at
from convscope.training.record import Record
from convscope.training.renormalize import radii, renormalize
from convscope.training.run import Run, open_run
from convscope.training.state import load_state, save_state
from convscope.training.weights import is_finite, weights_of

CALMER, WARMUP = 30, 10
"""After a loss that is no number: the rate over this, rising over one in so many steps. A tenth of
the rate, or filters held smaller, still left every channel of a layer dead."""
SAVE_SECONDS = 300
"""What a kill costs at most, of however slow a network."""


def train(
    model: str,
    data: str | Path,
    out: str | Path,
    options: TrainOptions | None = None,
    *,
    image_column: str = "image",
    label_column: str = "label",
    device: str = "auto",
    progress: Progress = silent,
) -> Run:
    """Train a network on labelled images, or go on with a run that was stopped.

    A finished run goes on too where it is given more epochs, unless its rates would have been
    others for that (schedules cosine and onecycle).

    Source: Zeiler & Fergus 2013, sec. 3.

    Args:
        model: ``nets:NAME`` (gets as many classes as the data has), or any spec that ``load``
            takes, whose weights are drawn anew.
        data: a folder with a folder a class, a Parquet file with labels, or ``bundled:photos``.
        out: folder of the run.
        options: the recipe; default the paper's.
        image_column: Parquet: of the encoded images.
        label_column: Parquet: of the classes.
        device: auto, cpu, cuda or mps.
        progress: told of images read, then of steps.

    Returns:
        The run: its history, its checkpoints, its networks.

    Raises:
        DataError: labels that make no classifier, or do not fit the network's scores; images that
            cannot be read.
        RunError: the folder holds another run, or cannot go to so many epochs; the message says
            what differs.
        LockedError: another process trains into the folder.
        DivergedError: the loss became NaN or infinite; the last good checkpoint is kept.
        UsageError: options that do not go together, or a folder that no run can lie in.

    What fails before the first step leaves no folder behind.

    >>> run = train("nets:zfnet", "photos/", "run")  # doctest: +SKIP
    """
    options, out = options or TrainOptions(), Path(out)
    source = open_images(data, image_column=image_column, label_column=label_column)
    task = Task(model, source, out, options, resolve_device(device))
    check_place(out, data)
    with made_if_begun(out), locked(out), untouched(), torch.enable_grad():
        job = prepare(task, progress)
        claim(out, job.identity, options)
        write_beside(job, out)
        _loop(job, out, options, progress)
    return open_run(out, trust=True)


def _loop(job: Job, out: Path, options: TrainOptions, progress: Progress) -> None:
    module, feed, inputs = job.start.module, job.feed, job.inputs
    first, total = job.start.first, options.epochs * job.feed.batches
    optimizer = make_optimizer(module, first, options)
    limits = radii(module, options.radius, inputs.scale(module), options.first_radius)
    place, before = load_state(out / folder.STATE, module, optimizer)
    record = Record(out, job.metadata, place)
    is_due = Due()
    if place.step == 0:
        record.checkpoint(0, module)
        record.rows(job.probed(0))
    if place.epoch > options.epochs:  # no step is left
        record.end(options.epochs, module)

    for epoch in range(place.epoch, options.epochs + 1):
        order, begun = feed.order(epoch), perf_counter() - place.seconds
        module.train()
        for number in range(place.batch, feed.batches):
            rate = rate_at(place.step, total, record.errors(), options)
            set_rate(optimizer, rate)
            x, y = job.batch(order, number, place.step)
            torch.manual_seed(seed_of(options.seed, place.step))  # dropout's
            scores = module(x)
            loss = nn.functional.cross_entropy(scores, y, label_smoothing=options.smoothing)
            lost = float(loss.detach())
            if not math.isfinite(lost):
                at = _at(place.step + 1, epoch, rate)
                raise _diverged(f"The loss became {lost} {at}", record, out, (options, total))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            if job.whitener is not None:
                whiten(first.weight, job.whitener)
            optimizer.step()
            renormalize(limits)

            place.add(lost, int((scores.detach().argmax(1) == y).sum()), len(y))
            record.step(place.step, lost, rate)
            where = f"training, epoch {epoch} of {options.epochs}, loss {lost:.3f}"
            progress(place.step, total, where)
            if place.batch < feed.batches and is_due(place.step, options.state_every):
                place.seconds = perf_counter() - begun
                record.flush()
                save_state(out / folder.STATE, place, module, optimizer, before)

        if not is_finite(module):
            what = f"Weights became NaN or infinite; loss {lost} {_at(place.step, epoch, rate)}"
            raise _diverged(what, record, out, (options, total))
        scored = evaluate(module, job.data.validation, inputs, ten_crops=options.ten_crops)
        record.epoch(place.row(rate, perf_counter() - begun) | scored.row())
        record.health(epoch, module, before)
        record.rows(job.probed(epoch))
        if epoch in options.saved():
            record.checkpoint(epoch, module)
        record.flush()
        place, before = place.next_epoch(), weights_of(module)
        save_state(out / folder.STATE, place, module, optimizer, before)


class Due:
    """Whether it is time to save: every so many steps, and every five minutes."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock, self._last = clock, clock()

    def __call__(self, step: int, every: int) -> bool:
        """After a step: whether it is, and if so, count anew."""
        due = step % every == 0 or self._clock() - self._last > SAVE_SECONDS
        if due:
            self._last = self._clock()
        return due


def seed_of(seed: int, step: int) -> int:
    """The seed of one step's dropout, far from that of every other."""
    return int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0] >> 1)


def _at(step: int, epoch: int, rate: float) -> str:
    return f"at step {step} (epoch {epoch}, rate {rate:.3g})"


def _diverged(
    what: str, record: Record, out: Path, asked: tuple[TrainOptions, int]
) -> DivergedError:
    """The error to raise; it and what was recorded so far are written first."""
    record.flush()
    folder.write_json(out / RUN, {**folder.read_run(out), folder.DIVERGED: f"{what}."})
    last = [*checkpoint_epochs(out).values()][-1]
    return DivergedError(
        f"{what}. The last good checkpoint is {last}. Train into another folder with a smaller "
        f"rate {calmer(*asked)}."
    )


def calmer(options: TrainOptions, steps: int) -> str:
    """What is advised after a loss that is no number, of a run of so many steps in all.

    >>> calmer(TrainOptions(rate=3.0), 48)
    '(--rate 0.1), or one that also begins slowly (--warmup 4)'
    """
    warmup = steps // WARMUP
    slowly = f", or one that also begins slowly (--warmup {warmup})"
    return f"(--rate {options.rate / CALMER:.1g}){slowly if warmup > options.warmup else ''}"
