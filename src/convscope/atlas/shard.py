"""One shard of a pass: decode, run, count; images that fail are set aside with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.answers import answer_rows
from convscope.atlas.capture import Capture
from convscope.atlas.options import AtlasOptions
from convscope.atlas.tables import image_row
from convscope.errors import ForwardError
from convscope.images.prefetch import prefetch
from convscope.images.source import Entry, Source
from convscope.preprocess import Prepared, Preprocessing
from convscope.results.shares import Link
from convscope.tally import state as tally
from convscope.tally.plan import Plan
from convscope.tally.state import State

if TYPE_CHECKING:
    import torch

    from convscope.tally.waiting import Waiting

HOPELESS = 32
"""The network raising on this many images, and none having passed, ends the pass."""


@dataclass(frozen=True)
class Run:
    """What stays the same through a whole pass."""

    capture: Capture
    source: Source
    options: AtlasOptions
    plan: Plan
    labels: dict[str, int]
    preprocessing: Preprocessing
    link: Link | None = None
    """What makes probabilities of scores; None where no answers are kept."""


@dataclass
class Shard:
    """What one shard gave."""

    state: State
    waiting: Waiting
    """Cells that are not in the state's products yet."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """Of ``images.parquet``."""
    answers: list[dict[str, Any]] = field(default_factory=list)
    """Of ``answers.parquet``."""
    forward_errors: list[ForwardError] = field(default_factory=list)

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Rows of the images that are in no statistic."""
        return [row for row in self.rows if row["status"] == "failed"]


def count(run: Run, images: range, kept: State, done: int, tick: Callable[[int], None]) -> Shard:
    """Count a slice of the images.

    ``kept`` is what earlier shards left: cells that cannot enter it are not searched for. ``done``
    images have passed before; ``tick`` hears how many of this slice were looked at.

    Raises:
        ForwardError: the network raised on every image so far.
        SourceError: the images cannot be read on.
    """
    shard = begin(run.plan)
    for entries in _batches(run, images, shard):
        for entry, error in _run(run, entries, shard, kept):
            shard.rows[entry.index - images.start].update(status="failed", error=str(error))
            shard.forward_errors.append(error)
        passed = len(shard.rows) - len(shard.failed)
        if len(shard.forward_errors) >= HOPELESS and not done + passed:
            raise shard.forward_errors[0]
        tick(len(shard.rows))
    shard.waiting.end(shard.state)
    return shard


def begin(plan: Plan) -> Shard:
    """A shard of which nothing was looked at."""
    from convscope.tally.waiting import Waiting

    return Shard(tally.empty(plan), Waiting(plan))


def _batches(run: Run, images: range, shard: Shard) -> Iterator[list[Entry]]:
    """Batches of the images that can be read; the shard's rows have all of them."""
    waiting: list[Entry] = []
    for entry in prefetch(run.source, images.start, images.stop, prepare=run.preprocessing.apply):
        shard.rows.append(image_row(entry))
        if entry.prepared is not None:
            waiting.append(entry)
        if len(waiting) == run.options.batch:
            yield waiting
            waiting = []
    yield waiting


def _run(
    run: Run, entries: Sequence[Entry], shard: Shard, kept: State
) -> list[tuple[Entry, ForwardError]]:
    """Count some images, halving where the network raises; those it raises on come back."""
    if not entries:
        return []
    try:
        _count(run, entries, shard, kept)
    except ForwardError as error:
        if len(entries) == 1:
            return [(entries[0], error)]
        half = len(entries) // 2
        return [
            f for part in (entries[:half], entries[half:]) for f in _run(run, part, shard, kept)
        ]
    return []


def _count(run: Run, entries: Sequence[Entry], shard: Shard, kept: State) -> None:
    from convscope.tally.update import Batch

    state = shard.state
    floors = (
        np.maximum(kept.top.worst, state.top.worst),
        np.maximum(kept.bottom.worst, state.bottom.worst),
    )
    names = [layer.name for layer in run.capture.layers]
    batch = Batch(run.plan, names, np.array([entry.index for entry in entries]), floors)
    arrays = [_prepared(entry).array for entry in entries]
    padding = [arrays[0]] * (run.options.batch - len(arrays))
    scores: list[torch.Tensor] = []
    keep = (lambda given: scores.append(given.clone())) if run.link else None
    run.capture.run(_stacked(arrays + padding), batch.see, keep)
    labels = [entry.record.label for entry in entries]
    numbers = [None if label is None else run.labels[label] for label in labels]
    batch.commit(state, numbers, shard.waiting)
    if run.link:
        found = scores[0][: len(entries)].flatten(1).cpu().double().numpy()
        classes = [None if label is None else run.capture.class_of(label) for label in labels]
        shard.answers += answer_rows(found, run.link, batch.images.tolist(), classes)


def _prepared(entry: Entry) -> Prepared:
    if entry.prepared is None:
        raise TypeError(f"{entry.record.uri} was not prepared")
    return entry.prepared


def _stacked(arrays: Sequence[NDArray[np.float32]]) -> torch.Tensor:
    """Inputs (c, h, w) as one batch, channels last in memory."""
    import torch

    pixels = np.stack([array.transpose(1, 2, 0) for array in arrays])  # (n, h, w, c)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2)
