"""Decoding in threads, ahead of the one that computes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from convscope.errors import ImageError
from convscope.images.source import Entry, Job, Pixels, Source
from convscope.preprocess import Prepared

AHEAD = 32
"""Prepared images waiting at most: one batch, so that a whole batch decodes while one computes."""

Prepare = Callable[[Pixels], Prepared]


def prefetch(
    source: Source,
    start: int = 0,
    stop: int | None = None,
    *,
    prepare: Prepare | None = None,
    workers: int = 2,
) -> Generator[Entry, None, None]:
    """The images ``start .. stop-1`` in order, decoded by threads ahead of the caller.

    With ``prepare`` (``Preprocessing.apply``) the same threads prepare each image and its full
    pixels are dropped; an image it refuses is an entry with an error like any other. The threads
    end with the iterator, also when it is closed early or something raises.

    Raises:
        SourceError: the source itself cannot be read on.
    """
    ahead = AHEAD if prepare else 2 * workers
    pool = ThreadPoolExecutor(workers, thread_name_prefix="convscope-decode")
    waiting: deque[Future[Entry]] = deque()
    try:
        for job in source.jobs(start, stop):
            waiting.append(pool.submit(_run, job, prepare))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _run(job: Job, prepare: Prepare | None) -> Entry:
    entry = job()
    if prepare is None or entry.pixels is None:
        return entry
    try:
        return replace(entry, pixels=None, prepared=prepare(entry.pixels))
    except ImageError as error:
        return replace(entry, pixels=None, error=str(error))
