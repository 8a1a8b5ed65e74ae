"""The pass over SqueezeNet's default layers, over the bare forward of the same batches."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import crp
from benchmarks.common import (
    BATCH,
    PHOTOGRAPHS,
    Options,
    Result,
    Skipped,
    at_most,
    need,
    paired,
    rounded,
    seconds,
    squeezenet,
)

if TYPE_CHECKING:
    from torch import Tensor

    from convscope.atlas.shard import Run, Shard
    from convscope.images.source import Entry
    from convscope.net.net import Net
    from convscope.tally.state import State

GOALS = {"top": 1.20, "all": 1.40}
"""Ratios: top-k, maximum and mean alone; every statistic but health."""

HEALTH = 1.10
"""The pass with health rows over the pass without, saving included."""


@dataclass
class Walk:
    """A pass under way, batch by batch, through the code that a shard runs."""

    run: Run
    kept: State
    shard: Shard
    folder: Path
    images: int = 0
    saves: list[float] = field(default_factory=list)

    def batch(self, entries: Sequence[Entry]) -> None:
        """What a pass does with a batch once it is decoded."""
        from convscope.atlas.shard import _count

        _count(self.run, entries, self.shard, self.kept)
        self.images += len(entries)

    def save(self) -> None:
        """What a pass does at the end of a shard: merge, write, begin anew."""
        from convscope.atlas import journal
        from convscope.atlas.shard import begin
        from convscope.tally import state as tally

        self.shard.waiting.end(self.shard.state)
        self.kept = tally.merge(self.kept, self.shard.state)
        journal.save(self.folder, journal.Checkpoint({}), self.kept)
        self.shard = begin(self.run.plan)

    def end_shard(self, *, last: bool) -> None:
        """Save where a shard is full, and at the end."""
        if last or self.images >= self.run.options.shard:
            self.saves.append(seconds(self.save))
            self.images = 0


def measure(options: Options) -> Result:
    """Ratios of the pass, of a peer, and images a second from the files."""
    need(PHOTOGRAPHS)
    net = squeezenet()
    net.module.eval()
    entries = decoded(net, options.images)
    return {
        "images": len(entries),
        **_ratios(net, entries),
        "health": _health(net, entries, options.rounds),
        "zennit_crp": _peer(net, entries[: options.peer_images]),
        "from_files": _from_files(net, options.images),
    }


def decoded(net: Net, images: int) -> list[Entry]:
    """The first photographs, prepared, in memory."""
    from convscope.images.open import open_images
    from convscope.images.prefetch import prefetch

    found = prefetch(open_images(PHOTOGRAPHS), 0, images, prepare=net.preprocessing.apply)
    return [entry for entry in found if entry.prepared is not None]


def _ratios(net: Net, entries: Sequence[Entry]) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        walks = {
            name: _walk(net, Path(folder) / name, sampled=name == "all", health=False)
            for name in GOALS
        }
        times = _interleaved(net, entries, walks)
    bare = times.pop("bare")
    summed = {name: sum(times[name]) + sum(walks[name].saves) for name in GOALS}
    return {
        "bare_seconds_per_batch": rounded(sorted(bare)[len(bare) // 2]),
        **{
            name: {
                **at_most(paired(times[name], bare), GOALS[name]),
                "of_totals_with_saving": rounded(summed[name] / sum(bare)),
                "saving_a_shard_seconds": rounded(max(walks[name].saves)),
            }
            for name in GOALS
        },
    }


def _health(net: Net, entries: Sequence[Entry], rounds: int) -> Result:
    """What health adds to a pass: totals of whole walks, for products come once in a while."""
    found = [_with_and_without(net, entries) for _ in range(rounds)]
    return {
        **at_most(median(full / plain for plain, full in found), HEALTH),
        "rounds": [rounded(full / plain) for plain, full in found],
        "seconds_without": rounded(median(plain for plain, _ in found)),
    }


def _with_and_without(net: Net, entries: Sequence[Entry]) -> tuple[float, float]:
    """Seconds of two passes, batch by batch in turn, without health and with."""
    with tempfile.TemporaryDirectory() as folder:
        walks = [
            _walk(net, Path(folder) / str(health), sampled=True, health=health)
            for health in (False, True)
        ]
        spent = [0.0, 0.0]
        for start in range(0, len(entries), BATCH):
            part, turn = entries[start : start + BATCH], start // BATCH % 2
            for which in (turn, 1 - turn):  # whoever comes second finds the caches warm
                spent[which] += seconds(partial(walks[which].batch, part))
            for walk in walks:
                walk.end_shard(last=start + BATCH >= len(entries))
    plain, full = (one + sum(walk.saves) for one, walk in zip(spent, walks, strict=True))
    return plain, full


def _walk(net: Net, folder: Path, *, sampled: bool, health: bool) -> Walk:
    from convscope.atlas.build import _prepare
    from convscope.atlas.options import AtlasOptions
    from convscope.atlas.shard import begin
    from convscope.images.open import open_images
    from convscope.net.capture import Capture, choose
    from convscope.tally import state as tally

    settings = AtlasOptions(sampled=sampled, health=health, batch=BATCH)
    run = _prepare(Capture(net, choose(net)), open_images(PHOTOGRAPHS), settings)
    folder.mkdir()
    return Walk(run, tally.empty(run.plan), begin(run.plan), folder)


def _interleaved(
    net: Net, entries: Sequence[Entry], walks: dict[str, Walk]
) -> dict[str, list[float]]:
    """Seconds of every batch: bare, top, bare, all, bare, ...; bare is the mean of its two."""
    times: dict[str, list[float]] = {name: [] for name in ("bare", *walks)}
    warm_up = as_batch(entries[:BATCH])
    forward(net, warm_up)
    for start in range(0, len(entries), BATCH):
        part = entries[start : start + BATCH]
        batch, bare = as_batch(part), []
        for name, walk in walks.items():
            bare.append(seconds(partial(forward, net, batch)))
            times[name].append(seconds(partial(walk.batch, part)))
            walk.end_shard(last=start + BATCH >= len(entries))
        times["bare"].append(sum(bare) / len(bare))
    return times


def as_batch(entries: Sequence[Entry]) -> Tensor:
    """Prepared images as a pass runs them: channels last, the last batch filled up."""
    import numpy as np
    import torch

    arrays = [entry.prepared.array for entry in entries if entry.prepared is not None]
    arrays += [arrays[0]] * (BATCH - len(arrays))
    return torch.from_numpy(np.stack(arrays)).contiguous(memory_format=torch.channels_last)


def forward(net: Net, batch: Tensor) -> None:
    """The network and nothing else."""
    import torch

    with torch.no_grad():
        net.module(batch)


def _peer(net: Net, entries: Sequence[Entry]) -> Result:
    try:
        return crp.measure(net, [as_batch(entries[i : i + BATCH]) for i in _starts(entries)])
    except Skipped as reason:
        return {"skipped": str(reason)}


def _starts(entries: Sequence[Entry]) -> range:
    return range(0, len(entries), BATCH)


def _from_files(net: Net, images: int) -> Result:
    """The whole thing: JPEG files in, an atlas out."""
    from convscope.atlas.make import build_atlas

    with tempfile.TemporaryDirectory() as folder:
        photographs = _linked(Path(folder) / "photographs", images)
        spent = seconds(lambda: build_atlas(net, photographs, Path(folder) / "atlas"))
    return {"images_per_second": rounded(images / spent), "seconds": rounded(spent)}


def _linked(folder: Path, images: int) -> Path:
    """A folder with the first photographs only."""
    for file in sorted(PHOTOGRAPHS.glob("*/*"))[:images]:
        place = folder / file.parent.name
        place.mkdir(parents=True, exist_ok=True)
        (place / file.name).symlink_to(file)
    return folder
