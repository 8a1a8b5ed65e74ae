"""The bytes of one file, read without ever blocking on something that is no file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from convscope.errors import ImageError

MAX_BYTES = 512 * 2**20
"""Larger files are refused; 64 million uncompressed pixels fit."""

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_file(path: str | bytes | Path) -> tuple[bytes, float]:
    """Read a regular file whole.

    Returns:
        Its bytes, and its time of change in seconds since the epoch.

    Raises:
        ImageError: the plain reason, without the path.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise ImageError(_cannot_open(path, error)) from None
    try:
        status = os.fstat(descriptor)
        if reason := _unfit(status):
            raise ImageError(reason)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(), status.st_mtime
    except OSError as error:
        raise ImageError(f"cannot be read: {error.strerror or error}") from None
    finally:
        os.close(descriptor)


def _cannot_open(path: str | bytes | Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "is a link to nothing" if os.path.islink(path) else "no such file"
    return f"cannot be opened: {error.strerror or error}"


def _unfit(status: os.stat_result) -> str:
    if stat.S_ISDIR(status.st_mode):
        return "is a folder, not a file"
    if not stat.S_ISREG(status.st_mode):
        return "is a pipe, socket or device, not a regular file"
    if status.st_size > MAX_BYTES:
        return f"is {status.st_size / 2**20:.0f} MiB; the limit is {MAX_BYTES >> 20} MiB"
    return ""


def whole_path(name: str) -> str:
    """A path that can be given from any folder; what names no file stays as it is.

    >>> whole_path("bundled:photos")
    'bundled:photos'
    """
    return os.path.abspath(name) if os.path.exists(name) else name
