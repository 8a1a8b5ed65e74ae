"""A folder of image files, in folders of any depth."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from convscope.errors import ImageError, SourceError
from convscope.images.entry import decoded, describe, failed
from convscope.images.file import read_file
from convscope.images.source import Entry, Job, Pixels, Record, Source

SUFFIXES = frozenset(
    b".jpg .jpeg .jpe .jfif .png .webp .bmp .dib .gif .tif .tiff .ppm .pgm .pbm .pnm .npy".split()
)
_log = logging.getLogger("convscope")


class FolderSource(Source):
    """The image files below a folder, numbered by the bytes of their relative paths.

    A file counts by its suffix. Hidden files and folders, and pipes, sockets and devices are
    left out; links are followed, except back into a folder they lie in. A folder that may not be
    listed is an entry of its own, which fails with the reason. The label is the name of the
    first folder below the root. About 100 bytes of memory a file.
    """

    def __init__(self, root: str | Path) -> None:
        self.name = str(root)
        self._root = os.fsencode(os.fspath(root))
        self._paths = _find(self._root)

    def __len__(self) -> int:
        return len(self._paths)

    def uri(self, index: int) -> str:
        """The path below the root; bytes that are no UTF-8 are written as backslash escapes."""
        return _text(self._paths[index])

    def label(self, index: int) -> str | None:
        """The name of the first folder below the root; None for a file in the root itself."""
        first, slash, _ = self._paths[index].partition(b"/")
        return _text(first) if slash else None

    def record(self, index: int) -> Record:
        """The file's record; without count and hash where it cannot be read."""
        try:
            return describe(self._bare(index), *self._read(index))
        except ImageError:
            return self._bare(index)

    def pixels(self, index: int) -> Pixels:
        """Decode one file.

        Raises:
            ImageError: it cannot be read; the message names it and says why.
        """
        entry = self._entry(index)
        if entry.pixels is None:
            raise ImageError(f"{entry.record.uri}: {entry.error}.")
        return entry.pixels

    def jobs(self, start: int = 0, stop: int | None = None) -> Iterator[Job]:
        """One job a file, which reads and decodes it."""
        for index in range(len(self))[start:stop]:
            yield partial(self._entry, index)

    def _bare(self, index: int) -> Record:
        return Record(self.uri(index), self.label(index), source=self.uri(index))

    def _read(self, index: int) -> tuple[bytes, float]:
        return read_file(os.path.join(self._root, self._paths[index]))

    def _entry(self, index: int) -> Entry:
        try:
            data, mtime = self._read(index)
        except ImageError as error:
            return failed(index, self._bare(index), str(error))
        return decoded(index, describe(self._bare(index), data, mtime), data)


def _text(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")


def _find(root: bytes) -> list[bytes]:
    others: Counter[str] = Counter()
    try:
        with os.scandir(root):
            found = list(_walk(root, b"", frozenset(), others))
    except OSError as error:
        raise SourceError(
            f"{_text(root)}: the folder cannot be opened ({error.strerror or error}). Give a "
            "folder of images, a Parquet file, or bundled:photos."
        ) from None
    if not found:
        raise SourceError(_nothing(_text(root), others))
    return sorted(found, key=lambda path: _text(path).encode())


def _walk(
    root: bytes, below: bytes, inside: frozenset[tuple[int, int]], others: Counter[str]
) -> Iterator[bytes]:
    """Relative paths of image files; ``inside`` are the folders this one lies in."""
    here = os.path.join(root, below)
    try:
        status = os.stat(here)
        identity = (status.st_dev, status.st_ino)
        if identity in inside:
            _log.info("%s is a link back to a folder it lies in; left out", _text(here))
            return
        with os.scandir(here) as entries:
            items = [entry for entry in entries if not entry.name.startswith(b".")]
    except OSError:
        yield below  # ends in a slash; reading it as a file gives the reason
        return
    for item in items:
        if _is_folder(item):
            path = below + item.name + b"/"
            yield from _walk(root, path, inside | {identity}, others)
        elif _is_image(item, others):
            yield below + item.name


def _is_folder(item: os.DirEntry[bytes]) -> bool:
    try:
        return item.is_dir()
    except OSError:
        return False


def _is_image(item: os.DirEntry[bytes], others: Counter[str]) -> bool:
    suffix = os.path.splitext(item.name)[1].lower()
    if suffix not in SUFFIXES:
        others[_text(suffix) or "no suffix"] += 1
        return False
    if item.is_file() or not os.path.exists(item.path):
        return True  # a link to nothing counts, and fails with that reason when read
    _log.info("%s is a pipe, socket or device; left out", _text(item.path))
    return False


def _nothing(root: str, others: Counter[str]) -> str:
    looked = " ".join(sorted(suffix.decode() for suffix in SUFFIXES))
    seen = ", ".join(f"{count} with {suffix}" for suffix, count in others.most_common(3))
    tables = " Give one of the Parquet files itself." if ".parquet" in others else ""
    return (
        f"{root}: no images in this folder or below. Looked for files ending in {looked}; "
        f"other files there: {seen or 'none'}.{tables}"
    )
