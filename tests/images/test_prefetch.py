"""Threads that decode ahead: in order, bounded, gone afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from convscope.errors import ImageError, SourceError
from convscope.images import Entry, Record, Source, prefetch
from convscope.preprocess import Prepared, Preprocessing


class Numbered(Source):
    """Forty images of one value each; uneven work, every seventh fails."""

    name = "numbered"

    def __init__(self, breaks_at: int = 99) -> None:
        self.started = 0
        self._breaks_at = breaks_at

    def __len__(self) -> int:
        return 40

    def jobs(self, start: int = 0, stop: int | None = None) -> Iterator[partial[Entry]]:
        for index in range(40)[start:stop]:
            if index == self._breaks_at:
                raise SourceError("the disk is gone")
            yield partial(self._entry, index)

    def _entry(self, index: int) -> Entry:
        self.started += 1
        time.sleep(0.002 * (index % 3))
        record = Record(str(index), None, str(index))
        if index % 7 == 6:
            return Entry(index, record, error="seventh")
        return Entry(index, record, np.full((4, 4, 1), index, np.uint8), size=(4, 4))


def threads() -> int:
    return sum(thread.name.startswith("convscope-decode") for thread in threading.enumerate())


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_same_as_iterate(workers: int) -> None:
    plain = list(Numbered().iterate(3, 39))
    ahead = list(prefetch(Numbered(), 3, 39, workers=workers))
    assert [(e.index, e.error, e.size) for e in ahead] == [
        (e.index, e.error, e.size) for e in plain
    ]
    assert threads() == 0


def test_prepared_in_the_threads() -> None:
    apply = Preprocessing((2, 2), None, mean=(0.0,), std=(1.0,)).apply
    names = set()

    def prepare(pixels: np.ndarray) -> Prepared:
        names.add(threading.current_thread().name)
        if pixels[0, 0, 0] == 5:
            raise ImageError("five")
        return apply(pixels)

    entries = list(prefetch(Numbered(), prepare=prepare))
    assert [e.index for e in entries] == list(range(40))
    assert entries[5].error == "five"
    assert entries[6].error == "seventh"
    assert entries[6].prepared is None
    assert entries[8].prepared is not None
    assert entries[8].pixels is None
    assert entries[8].prepared.shown.ravel().tolist() == [8] * 4
    assert all(name.startswith("convscope-decode") for name in names)


def test_looks_ahead_only_so_far() -> None:
    source = Numbered()
    entries = prefetch(source, workers=2)
    next(entries)
    time.sleep(0.05)
    assert source.started <= 5
    entries.close()


def test_threads_end_when_closed_early_or_on_errors() -> None:
    entries = prefetch(Numbered(), workers=3)
    next(entries)
    entries.close()
    assert threads() == 0
    with pytest.raises(SourceError, match="disk"):
        list(prefetch(Numbered(breaks_at=20)))
    assert threads() == 0

    def bug(pixels: np.ndarray) -> Prepared:
        raise RuntimeError("a bug, not a bad image")

    with pytest.raises(RuntimeError, match="a bug"):
        list(prefetch(Numbered(), prepare=bug))
    assert threads() == 0
