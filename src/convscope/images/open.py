"""The one door to every source of images."""

from __future__ import annotations

from pathlib import Path

from convscope.errors import SourceError
from convscope.images.columns import LABEL_COLUMN
from convscope.images.folder import FolderSource
from convscope.images.parquet import ParquetSource
from convscope.images.reasons import begins_like, readable_kind
from convscope.images.source import Source

BUNDLED = "bundled:photos"
_ALLOWED = f"a folder of images, a Parquet file with image bytes, or {BUNDLED}"


def open_images(
    spec: str | Path, *, image_column: str = "image", label_column: str = LABEL_COLUMN
) -> Source:
    """Open a folder (with all folders below), a Parquet file, or ``bundled:photos``.

    Raises:
        SourceError: there is no such place, nothing in it is an image, or a column is missing.

    >>> len(open_images("bundled:photos")) > 0
    True
    """
    if str(spec).startswith("bundled:"):
        return _bundled(str(spec))
    path = Path(spec)
    if path.is_dir():
        return FolderSource(path)
    if not path.exists():
        raise SourceError(f"{spec}: no such file or folder. Images are {_ALLOWED}.")
    if not path.is_file() or (start := _start(path))[:4] != b"PAR1":
        if path.is_file() and (kind := readable_kind(start)):
            raise SourceError(
                f"{spec} is one image by its first bytes, {kind}; many are wanted: {_ALLOWED}."
            )
        what = begins_like(start).split(";")[0] if path.is_file() else "it is no regular file"
        raise SourceError(f"{spec}: neither a folder nor Parquet ({what}). Images are {_ALLOWED}.")
    return ParquetSource(path, image_column, label_column)


def _bundled(spec: str) -> Source:
    if spec != BUNDLED:
        raise SourceError(f"{spec}: nothing bundled has that name. Images are {_ALLOWED}.")
    from convscope.images.photos import PhotoTiles

    return PhotoTiles()


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError as error:
        raise SourceError(
            f"{path}: cannot be opened ({error.strerror or error}). Images are {_ALLOWED}."
        ) from None
