"""Pillow's warnings kept out of the user's terminal, from any number of threads at once."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_MODULES = r"PIL\."
_lock = threading.Lock()
_inside = 0


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Ignore what Pillow warns about (odd EXIF, near-bomb sizes) while the block runs.

    ``warnings.catch_warnings`` saves and restores the whole filter list, which two threads do in
    the wrong order. Here one narrow filter goes in with the first thread and out with the last;
    the worst an interleaving ``catch_warnings`` elsewhere can do is to keep or drop that filter.
    """
    global _inside
    with _lock:
        _inside += 1
        _silence()
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _unsilence()


def _is_ours(entry: tuple[object, ...]) -> bool:
    return entry[0] == "ignore" and getattr(entry[3], "pattern", None) == _MODULES


def _silence() -> None:
    if not warnings.filters or not _is_ours(warnings.filters[0]):
        warnings.filterwarnings("ignore", module=_MODULES)


def _unsilence() -> None:
    kept = [entry for entry in warnings.filters if not _is_ours(entry)]
    warnings.filters[:] = kept  # type: ignore[index]
