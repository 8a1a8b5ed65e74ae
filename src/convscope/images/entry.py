"""From encoded bytes, or the reason why there are none, to records and entries."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from convscope.errors import ImageError
from convscope.images.decode import decode
from convscope.images.source import Entry, Record


def describe(record: Record, data: bytes, mtime: float | None = None) -> Record:
    """The record with what the bytes add to it: their count and hash."""
    digest = hashlib.sha256(data).hexdigest()
    return replace(record, bytes=len(data), mtime=mtime, sha256=digest)


def decoded(index: int, record: Record, data: bytes) -> Entry:
    """The entry of an image whose bytes are here; a failure becomes its reason.

    >>> decoded(0, Record("a.jpg", None, "a.jpg"), b"%PDF-1.7").error[:17]
    'begins like a PDF'
    """
    try:
        found = decode(data)
    except ImageError as error:
        return Entry(index, record, error=str(error))
    height, width = found.pixels.shape[:2]
    return Entry(index, record, found.pixels, note=found.note, size=(height, width))


def failed(index: int, record: Record, reason: str) -> Entry:
    """The entry of an image that has no bytes to decode."""
    return Entry(index, record, error=reason)
