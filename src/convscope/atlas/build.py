"""One pass over a data set, from images to an atlas on disk."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Any

from convscope.atlas import identity, journal, lock, manifest, schema, store, tables
from convscope.atlas.capture import Capture
from convscope.atlas.folder import refuse_foreign, refuse_other, tidy
from convscope.atlas.journal import Checkpoint
from convscope.atlas.options import AtlasOptions
from convscope.atlas.publish import Found, publish
from convscope.atlas.read import Atlas, open_atlas
from convscope.atlas.shard import Run, count
from convscope.errors import DataError, ForwardError, NoLayersError
from convscope.images.source import Source
from convscope.preprocess import Preprocessing
from convscope.progress import Progress, silent
from convscope.results.layer import Layer
from convscope.tally import state as tally
from convscope.tally.health import LayerHealth, layer_health
from convscope.tally.plan import Bounds, LayerPlan, Plan
from convscope.tally.state import State


def build_atlas(
    capture: Capture,
    source: Source,
    out: str | Path,
    options: AtlasOptions | None = None,
    progress: Progress | None = None,
    *,
    images: Mapping[str, str] | None = None,
) -> Atlas:
    """Look at every image once and write an atlas into a new or empty folder.

    A pass that was stopped in any way goes on at its last shard when it is asked for again, and
    ends in the same bytes. ``images`` is recorded for opening the source again: ``spec``, and
    the columns of a table.

    Raises:
        AtlasError: the folder holds something else; nothing in it was changed.
        DataError: no image could be read.
        ForwardError: the network raised on every image.
        LockedError: another process writes there.
        StorageError: the disk refuses; the pass can be resumed.
    """
    folder, options = Path(out), options or AtlasOptions()
    run = _prepare(capture, source, options)
    wanted = identity.identity(capture, source, options, images or {})
    refuse_foreign(folder)
    is_new = not folder.exists()
    store.make_folder(folder)
    try:
        with lock.locked(folder):
            refuse_foreign(folder)
            if not (folder / manifest.NAME).exists():
                _pass(run, folder, wanted, progress or silent)
            refuse_other(folder, wanted, manifest.read(folder), options)
            tidy(folder)
    finally:
        if is_new and folder.exists() and not any(folder.iterdir()):
            folder.rmdir()
    return open_atlas(folder)


def _prepare(capture: Capture, source: Source, options: AtlasOptions) -> Run:
    if not capture.layers:
        raise NoLayersError(
            "No layer was chosen, so there is nothing to look at. Name layers, or patterns of them "
            "(features.*)."
        )
    if not len(source):
        raise DataError(
            f"{source.name} holds no image, and an atlas needs at least one. Give another source."
        )
    names = identity.labels(source)
    plan = Plan(
        tuple(map(_layer_plan, capture.layers, capture.bounds)),
        options.top,
        options.per_image,
        len(names),
        options.sampled,
        options.exact,
        options.health and options.sampled,
    )
    settings = Preprocessing.from_dict(capture.provenance["preprocessing"])
    numbers = {name: number for number, name in enumerate(names)}
    link = capture.link if options.health else None
    return Run(capture, source, options, plan, numbers, settings, link)


def _layer_plan(layer: Layer, bounds: Bounds | None) -> LayerPlan:
    size = layer.height, layer.width
    axes = (layer.field.y, layer.field.x)
    gap = [
        whole
        if layer.field.status == "GLOBAL" or axis.stride <= 0
        else ceil(axis.size / 2 / axis.stride)
        for axis, whole in zip(axes, size, strict=True)
    ]
    apart = max(1, gap[0]), max(1, gap[1])
    return LayerPlan(layer.channels, *size, layer.signed, apart, bounds)


def _pass(run: Run, folder: Path, wanted: dict[str, Any], progress: Progress) -> None:
    if journal.exists(folder):
        checkpoint, state = journal.load(folder)
        mixed = refuse_other(folder, wanted, checkpoint.identity, run.options)
        checkpoint.mixed += [text for text in mixed if text not in checkpoint.mixed]
    else:
        checkpoint, state = Checkpoint(wanted), tally.empty(run.plan)
    total, size = len(run.source), run.options.shard
    for number in range(checkpoint.shards, ceil(total / size)):
        images = range(number * size, min((number + 1) * size, total))
        try:
            state = _shard(run, folder, images, checkpoint, state, progress)
        except ForwardError:  # on every image so far: there is nothing to go on from
            store.remove(folder / journal.FOLDER)
            raise
    if not checkpoint.read:
        store.remove(folder / journal.FOLDER)
        raise DataError(
            f"None of the {total:,} images of {run.source.name} could be read, so there is no "
            f"atlas. The first reasons: {'; '.join(checkpoint.reasons)}"
        )
    found = Found(state, _health(run, state, progress))
    progress(total, total, "writing the atlas")
    publish(run, folder, wanted, checkpoint, found)


def _health(run: Run, state: State, progress: Progress) -> tuple[LayerHealth, ...]:
    """The layers' health, where it was counted; a layer of thousands of channels takes seconds."""
    found, total = [], len(run.source)
    for index, layer in enumerate(run.capture.layers if run.plan.health else ()):
        progress(total, total, f"comparing the channels of {layer.name}")
        found.append(layer_health(run.plan, state, index))
    return tuple(found)


def _shard(
    run: Run, folder: Path, images: range, checkpoint: Checkpoint, state: State, progress: Progress
) -> State:
    """Count a shard, save what it gave, and return the merged state."""
    total = len(run.source)

    def tick(looked: int) -> None:
        progress(images.start + looked, total, _doing(checkpoint.failed))

    shard = count(run, images, state, checkpoint.read, tick)
    failed = shard.failed
    checkpoint.failed += len(failed)
    checkpoint.read += len(shard.rows) - len(failed)
    if shard.forward_errors and not checkpoint.read and images.stop == total:
        raise shard.forward_errors[0]
    reasons = [f"{row['uri']}: {row['error']}" for row in failed]
    checkpoint.reasons = (checkpoint.reasons + reasons)[: journal.REASONS]
    checkpoint.shards += 1
    state = tally.merge(state, shard.state)
    store.make_folder(folder / journal.FOLDER)
    parts = {schema.IMAGES: shard.rows} | ({schema.ANSWERS: shard.answers} if run.link else {})
    for table, rows in parts.items():
        part = journal.part(folder, table, checkpoint.shards - 1)
        tables.write(part, table, [tables.from_rows(table, rows)])
    journal.save(folder, checkpoint, state)
    return state


def _doing(failed: int) -> str:
    return f"looking, {failed:,} could not be read" if failed else "looking"
