"""Bytes onto the disk in one piece."""

from __future__ import annotations

import os
from pathlib import Path

from convscope.errors import StorageError


def write_whole(path: Path, data: bytes) -> int:
    """Write under a temporary name, then rename; returns the bytes written.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(
            f"Could not write {path.name}: {error.strerror}. Free some space or choose another "
            "folder, then run the same command: what is finished is kept."
        ) from None
    return len(data)
