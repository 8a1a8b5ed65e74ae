"""One writer a folder: a lock that the kernel frees when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convscope.errors import LockedError, StorageError

NAME = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the file is removed afterwards.

    Raises:
        LockedError: another process holds it; the message names the process and its host.
        StorageError: no lock file can be made there.
    """
    path = folder / NAME
    descriptor = _acquire(path)
    try:
        _sign(descriptor)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _acquire(path: Path) -> int:
    while True:
        descriptor = _open(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(_busy(path, descriptor)) from None
        except BaseException:
            os.close(descriptor)
            raise
        if _is_same(descriptor, path):
            return descriptor
        os.close(descriptor)  # its holder removed it while we opened it


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise StorageError(
            f"{path} could not be made ({error.strerror or error}); choose a folder you may write."
        ) from error


def _sign(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)


def _busy(path: Path, descriptor: int) -> str:
    holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
    os.close(descriptor)
    return (
        f"{path.parent} is being written by {holder or 'another process'}. Wait until it is done, "
        "or choose another folder."
    )


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        found, held = path.stat(), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)
