"""Synthesized pictures: gradient ascent from noise to an input that drives a unit far up.

``x* = argmax f(x) - R(x)``, with ``f`` the unit's value, and the regularizer ``R`` in how the
picture is parameterized and shaken (`synthesis`). Many units climb in one batch, the forward stops
at their layer, and where a cell sees little of the image the canvas is no larger than it needs.

Every picture has a score: the unit's strongest cell on the picture as it is shown, over its
strongest in the data. Below 1 a photograph does better than the picture.

Source: Erhan et al. 2009; Simonyan et al. 2013, sec. 2; Yosinski et al. 2015, sec. 3; Olah et al.
2017; Fel et al. 2023 (MACO). The score is ours.

Shows: an input that drives the unit far up.
Does not show: anything that occurs in your data.
Easily misread: it is one of many such pictures, shaped by the regulariser.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.address import Look
from convscope.methods.best import best_of, check_atlas
from convscope.methods.naturally import natural_of_atlas
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.methods.provenance import provenance
from convscope.methods.synthesis_job import Drawn, Job, asked, draw, prepare, rows_of
from convscope.net.net import Net
from convscope.net.target import Target
from convscope.net.targets import find_targets
from convscope.progress import Progress, silent
from convscope.results.synthesis import Synthesis
from convscope.results.synthesis_note import note
from convscope.synthesis.climb import steps_of
from convscope.synthesis.natural import Natural

_GROUND = 128
"""Of what is not drawn."""


def synthesize(
    net: Net,
    target: str | Look,
    options: SynthesizeOptions | None = None,
    *,
    atlas: Any = None,
    natural: Natural | None = None,
    progress: Progress = silent,
) -> Synthesis:
    """Draw a picture for each unit that is asked for, by gradient ascent.

    Args:
        net: the network; it is the same afterwards.
        target: a layer for all its channels, ``layer:0..47`` or ``layer:1,5,9`` for some,
            ``layer:channel``, ``layer:channel@y,x``, a direction (``layer:17-0.5*40``,
            ``layer:random.7``), ``class:beagle`` or ``class:beagle,pug``.
        options: the preset, how many starts, how many pictures at once.
        atlas: of this network: gives the data's best values for scores, and its images' spectrum.
        natural: statistics of images, in place of the atlas's.
        progress: hears of steps done.

    Returns:
        One picture a unit: of its starts the one that is strongest after a small shift and blur, so
        that no noise wins; all of them with ``keep="all"``. A unit that stays silent is not drawn.

    Raises:
        AddressError: no such layer, channel, cell or class.
        AtlasError: the atlas belongs to other weights, or to images of another size, mean or std.
        UsageError: the canvas asked for is smaller than the layer needs.
        DataError: the objective is not finite at the start.
        RuleError: no gradient reaches the image.

    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> options = SynthesizeOptions("plain", starts=1, steps=2)
    >>> synthesize(net, "conv1:0..3", options).pictures.shape[0]
    4
    """
    options = options or SynthesizeOptions()
    if atlas is not None:
        check_atlas(net, atlas)
    targets = find_targets(net, target)
    natural = natural or _natural(net, atlas)
    job = prepare(net, targets, options, natural)
    best = best_of(net, atlas, targets, progress)
    return finished(job, targets, options, best, progress)


def _natural(net: Net, atlas: Any) -> Natural:
    return Natural.usual(net.preprocessing.channels) if atlas is None else natural_of_atlas(atlas)


def finished(
    job: Job,
    targets: Sequence[Target],
    options: SynthesizeOptions,
    best: NDArray[np.float64],
    progress: Progress = silent,
) -> Synthesis:
    """The result for targets of a layer that was made ready, ``best`` (n,) being the data's."""
    with job.net.hosted():
        table = _Table.of(job, targets, options, progress)
    kept = table.kept(options.keep)
    rows = [row for row, _ in kept]
    made = Synthesis(
        pictures=np.stack([drawn.pictures[0] for _, drawn in kept]),
        values=np.array([drawn.values[0] for _, drawn in kept]),
        best=best[rows],
        robust=np.array([drawn.robust[0] for _, drawn in kept]),
        tries=table.values()[:, rows],
        layer=job.layer.name,
        channels=tuple(_channel(targets[row]) for row in rows),
        names=tuple(targets[row].name for row in rows),
        status=tuple(_status(drawn) for _, drawn in kept),
        starts=tuple(table.seed(row, drawn) for row, drawn in kept),
        note="",
        provenance=made_by(job, options),
        losses=np.array([drawn.losses[0] for _, drawn in kept]),
    )
    stopped = [int(drawn.stopped[0]) for _, drawn in kept]
    return replace(made, note=note(made, stopped))


@dataclass
class _Table:
    """Every start of every target, one batch of rows after the other."""

    seeds: list[int]
    drawn: list[list[Drawn]]
    """By target, then by start."""

    @classmethod
    def of(
        cls, job: Job, targets: Sequence[Target], options: SynthesizeOptions, progress: Progress
    ) -> _Table:
        """Climb all starts, and of what stays silent as many more as the options allow."""
        seeds = [options.seed + i for i in range(options.starts)]
        table = cls(list(seeds), [[] for _ in targets])
        first = [(row, seed) for row in range(len(targets)) for seed in seeds]
        table._climb(job, targets, first, options, progress)
        for retry in range(options.retries):
            silent_rows = [row for row, found in enumerate(table.drawn) if _all_silent(found)]
            if not silent_rows:
                break
            seed = options.seed + options.starts + retry
            table.seeds.append(seed)
            table._climb(job, targets, [(row, seed) for row in silent_rows], options, progress)
        return table

    def _climb(
        self,
        job: Job,
        targets: Sequence[Target],
        rows: Sequence[tuple[int, int]],
        options: SynthesizeOptions,
        progress: Progress,
    ) -> None:
        total, what = len(rows) * job.recipe.steps, f"drawing {job.layer.name}"
        for at, some in _batches(rows, job, options, targets):
            chosen = [targets[row] for row, _ in some]
            tick = steps_of(progress, at * job.recipe.steps, total, what, len(some))
            made = draw(job, chosen, [seed for _, seed in some], tick, options.diversity)
            for (row, _), one in zip(some, _rows(made), strict=True):
                self.drawn[row].append(one)

    def kept(self, keep: str) -> list[tuple[int, Drawn]]:
        """Target and picture: all starts, or of each target's the one that outlives a blur best."""
        if keep == "all":
            return [(row, one) for row, found in enumerate(self.drawn) for one in found]
        return [(row, max(found, key=_strength)) for row, found in enumerate(self.drawn)]

    def values(self) -> NDArray[np.float64]:
        """(starts, targets); nan where a start was not tried."""
        found = np.full((len(self.seeds), len(self.drawn)), np.nan)
        for row, tries in enumerate(self.drawn):
            found[: len(tries), row] = [one.values[0] for one in tries]
        return found

    def seed(self, row: int, drawn: Drawn) -> int:
        """Which seed a picture came from."""
        return self.seeds[next(i for i, one in enumerate(self.drawn[row]) if one is drawn)]


def _batches(
    rows: Sequence[tuple[int, int]],
    job: Job,
    options: SynthesizeOptions,
    targets: Sequence[Target],
) -> Iterator[tuple[int, Sequence[tuple[int, int]]]]:
    """Rows that climb together, and how many came before.

    A direction has rows of its own; starts that are to differ must be in one batch.
    """
    alone = options.diversity > 0 or targets[0].channel is None
    size = options.starts if alone else job.rows
    for at in range(0, len(rows), size):
        yield at, rows[at : at + size]


def _rows(made: Drawn) -> Iterator[Drawn]:
    for i in range(len(made.values)):
        one = rows_of(made, slice(i, i + 1))
        pictures = np.full_like(one.pictures, _GROUND) if one.is_silent[0] else one.pictures
        yield replace(one, pictures=pictures)


def _strength(drawn: Drawn) -> float:
    return -np.inf if drawn.is_silent[0] else float(drawn.robust[0])


def _all_silent(found: Sequence[Drawn]) -> bool:
    return all(one.is_silent[0] for one in found)


def _status(drawn: Drawn) -> str:
    if drawn.is_silent[0]:
        return "silent"
    return "diverged" if drawn.stopped[0] >= 0 else "drawn"


def _channel(target: Target) -> int:
    return -1 if target.channel is None else target.channel


def made_by(job: Job, options: SynthesizeOptions) -> dict[str, Any]:
    """How pictures of a job are made, as they record it."""
    made = provenance("synthesize", job.net, None, options)
    return made | {
        "options": asked(job.net, job.layer, options),
        "canvas": list(job.size),
        "spectrum_images": job.natural.images,
        "threads": torch.get_num_threads(),
    }
