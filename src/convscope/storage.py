"""Bytes onto the disk in one piece.

What a power cut must not lose, an atlas, is flushed to the disk as well (`convscope.atlas.store`);
that would take too long for the thousands of pictures of a report, which can be drawn again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from convscope.errors import StorageError


def write_whole(path: Path, data: bytes) -> int:
    """Write under a temporary name, then rename; returns the bytes written.

    Raises:
        StorageError: the disk is full or the folder cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "new" / "a", b"text"), os.listdir(f"{folder}/new")
    (4, ['a'])
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")  # two processes: the last one wins
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        raise StorageError(
            f"{path} could not be written ({error.strerror or error}). Make room, or choose a "
            "folder you may write, and run the same again: what is finished is kept."
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return len(data)
