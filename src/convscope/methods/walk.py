"""One walk over a source's images, the network stopped at one layer, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from convscope.errors import ForwardError
from convscope.images.prefetch import prefetch
from convscope.images.source import Entry, Source
from convscope.net.apart import is_apart
from convscope.net.capture import Capture
from convscope.progress import Progress, silent

HOPELESS = 32
"""The network raising on this many images, and none having passed, ends the walk."""

T = TypeVar("T")


@dataclass(frozen=True)
class Seen(Generic[T]):
    """What one image gave, or why it gave nothing."""

    index: int
    uri: str
    label: str | None
    reading: T | None
    error: str = ""


def walk(
    capture: Capture,
    source: Source,
    read: Callable[[Tensor], T],
    batch: int,
    progress: Progress | None = None,
) -> Generator[Seen[T], None, None]:
    """Read one layer on every image, in order.

    Args:
        capture: a network with that one layer.
        source: the images; one that cannot be read, or on which the network raises, is an error
            in what comes back.
        read: takes one image's activation, (1, ...) in the layer's own layout, while it is whole.
        batch: images run at once, a multiple of 4; one where they would change each other.
        progress: called with (images done, images in all, what is being done).

    Raises:
        ForwardError: the network raised on every image so far.
        SourceError: the images cannot be read on.
    """
    total, tell = len(source), progress or silent
    if not is_apart(capture.net, capture.layers[0].number):
        batch = 1
    failed, passed = 0, 0
    with closing(prefetch(source, prepare=capture.net.preprocessing.apply)) as entries:
        for some in _batches(entries, batch):
            readings = _readings(capture, [e for e in some if e.prepared is not None], read)
            for entry in some:
                found = None if entry.prepared is None else readings.pop(0)
                if isinstance(found, ForwardError):
                    failed += 1
                    if failed >= HOPELESS and not passed:
                        raise found
                    yield _seen(entry, None, str(found))
                else:
                    passed += entry.prepared is not None
                    yield _seen(entry, found, entry.error)
            tell(some[-1].index + 1, total, "looking at images")


def _seen(entry: Entry, reading: T | None, error: str) -> Seen[T]:
    return Seen(entry.index, entry.record.uri, entry.record.label, reading, error)


def _batches(entries: Iterator[Entry], batch: int) -> Iterator[list[Entry]]:
    """As many as give a full batch of images that can be read."""
    waiting: list[Entry] = []
    for entry in entries:
        waiting.append(entry)
        if sum(e.prepared is not None for e in waiting) == batch:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _readings(
    capture: Capture, entries: Sequence[Entry], read: Callable[[Tensor], T]
) -> list[T | ForwardError]:
    """A reading an image, halving where the network raises."""
    if not entries:
        return []
    try:
        return list(_run(capture, entries, read))
    except ForwardError as error:
        if len(entries) == 1:
            return [error]
        half = len(entries) // 2
        parts = (entries[:half], entries[half:])
        return [found for part in parts for found in _readings(capture, part, read)]


def _run(capture: Capture, entries: Sequence[Entry], read: Callable[[Tensor], T]) -> list[T]:
    arrays = [entry.prepared.array for entry in entries if entry.prepared is not None]
    is_shared = is_apart(capture.net, capture.layers[0].number)
    padding = [arrays[0]] * (-len(arrays) % 4 if is_shared else 0)
    found: list[T] = []

    def see(place: int, activation: Tensor) -> None:
        own = activation.permute(_back(capture))
        found.extend(read(own[i : i + 1]) for i in range(len(arrays)))

    capture.run(torch.from_numpy(np.stack(arrays + padding)), see)
    return found


def _back(capture: Capture) -> list[int]:
    """From (n, c, h, w), as layers are shown, to the layer's own layout."""
    axes = capture.tape.ops[capture.layers[0].number].axes
    shown = [axis for axis in "nchw" if axis in axes]
    return [shown.index(axis) for axis in axes if axis in shown]
