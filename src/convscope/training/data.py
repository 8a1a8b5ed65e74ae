"""The images of a run in memory, as bytes: what is trained on, and what is held out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import DataError
from convscope.images.prefetch import prefetch
from convscope.images.some import Some
from convscope.images.source import Job, Source
from convscope.preprocess import Preprocessing
from convscope.progress import Progress, silent
from convscope.training.options import TrainOptions
from convscope.training.split import Split, shuffled

Bytes = NDArray[np.uint8]
SHOWN = 20
MEMORY = 0.8
"""Share of the machine's memory that images may take."""


@dataclass(frozen=True)
class Images:
    """Some images and their classes."""

    pixels: Bytes
    """(n, h, w, c), squares of one size."""
    targets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class Data:
    """What a run reads, once, at its start."""

    train: Images
    validation: Images
    classes: tuple[str, ...]
    facts: dict[str, Any]
    """What identifies it: counts, hashes, and the images that could not be read."""


def read_data(
    source: Source,
    chosen: Split,
    shape: tuple[int, int],
    options: TrainOptions,
    progress: Progress = silent,
) -> Data:
    """Read the images a run needs, and no others, as squares.

    Args:
        source: where they come from.
        chosen: which of them.
        shape: side of the squares in pixels (short side, then the centre), and channels.
        options: what is done to labels.
        progress: told of images read.

    Raises:
        DataError: none can be read, too few, or more than fits into memory.
    """
    wanted = np.sort(np.concatenate([chosen.train, chosen.validation]))
    pixels, (side, channels) = _room(len(wanted), *shape), shape
    cut = Preprocessing((side, side), side, mean=(0.0,) * channels, std=(1.0,) * channels)
    read, failed, digest = np.zeros(len(wanted), bool), list[tuple[str, str]](), hashlib.sha256()
    entries = prefetch(_Chosen(source, wanted.tolist()), prepare=cut.apply)
    for row, entry in enumerate(entries):
        digest.update(f"{entry.record.sha256} {chosen.targets[entry.index]}\n".encode())
        if entry.prepared is None:
            failed.append((entry.record.uri, entry.error))
        else:
            pixels[row], read[row] = entry.prepared.shown, True
        progress(row + 1, len(wanted), "reading images")
    targets = chosen.targets
    if options.shuffle_labels:
        targets = shuffled(targets, chosen.train, options.seed)
    train, held = (
        Images(pixels[rows], targets[wanted[rows]])
        for part in (chosen.train, chosen.validation)
        for rows in [np.flatnonzero(read & np.isin(wanted, part))]
    )
    _check_read(len(train), failed, chosen)
    return Data(train, held, chosen.classes, _facts(source, chosen, failed, digest.hexdigest()))


class _Chosen(Some):
    """Some of a source's images under their own numbers, read in its order: the fast one."""

    def jobs(self, start: int = 0, stop: int | None = None) -> Iterator[Job]:
        wanted = set(self._places[start:stop])
        last = max(wanted, default=-1) + 1
        return (job for index, job in enumerate(self._source.jobs(0, last)) if index in wanted)


def _room(count: int, side: int, channels: int) -> Bytes:
    size = 2 * count * side * side * channels  # once as read, once in two parts
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > MEMORY * total:
        raise DataError(
            f"{count:,} images of {side} x {side} px take {size / 2**30:.1f} GiB as bytes, and "
            f"this machine has {total / 2**30:.1f}. Train on fewer (--data-size), or on smaller "
            "ones (--resize)."
        )
    return np.zeros((count, side, side, channels), np.uint8)


def _check_read(left: int, failed: Sequence[tuple[str, str]], chosen: Split) -> None:
    said = "; ".join(f"{uri}: {why}" for uri, why in failed[:3])
    if len(failed) == len(chosen.train) + len(chosen.validation):
        raise DataError(f"None of {len(failed)} images could be read ({said}).")
    if left < len(chosen.classes):
        raise DataError(
            f"{len(failed)} images could not be read ({said}), and {left} to train on are fewer "
            f"than the {len(chosen.classes)} classes."
        )


def _facts(
    source: Source, chosen: Split, failed: Sequence[tuple[str, str]], digest: str
) -> dict[str, Any]:
    return {
        "images": len(source),
        "unlabelled": int((chosen.targets < 0).sum()),
        "train": len(chosen.train),
        "validation": len(chosen.validation),
        "sha256": digest,
        "failed": len(failed),
        "failures": [{"uri": uri, "error": error} for uri, error in failed[:SHOWN]],
    }
